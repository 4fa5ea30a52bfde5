package bridge

import (
	"context"
	"log/slog"

	"ucbridge/bridge/govern"
	"ucbridge/bridge/jsonrpc"
	"ucbridge/bridge/session"
	"ucbridge/config"
)

// governed is a session behind a gate: what the client says passes the gate on its
// way in, what it hears on its way out.
type governed struct {
	*session.Session
	gate *govern.Gate
}

func newGoverned(ctx context.Context, policy *govern.Policy, options session.Options) governed {
	gate := govern.NewGate(ctx, policy, options.Emit, options.Log)
	options.Emit, options.Ended = gate.Emit, gate.Ended
	s := session.New(ctx, options)
	gate.Serve(s)
	return governed{s, gate}
}

// Handle takes the client's next message.
func (g governed) Handle(m jsonrpc.Message) { g.gate.Handle(m) }

// policyOf reads the policy that applies to the bridge's target, nil for none.
func policyOf(cfg *config.Config, log *slog.Logger) *govern.Policy {
	policy := PolicySources(cfg).Load(PolicyTarget(cfg))
	if policy != nil && policy.Broken != nil {
		log.Error("nothing passes, as the policy cannot be read", "err", policy.Broken)
	}
	return policy
}

// PolicyTarget are the names by which a policy may speak of the configured target.
func PolicyTarget(cfg *config.Config) govern.Target {
	return govern.TargetOf(cfg.Connection.Value, cfg.Service.Value, cfg.URL.Value)
}

// PolicySources says where the rules for a configuration come from.
func PolicySources(cfg *config.Config) govern.Sources {
	return govern.Sources{
		Managed: govern.Managed, User: govern.UserFile(), Named: cfg.Policy.Value,
		Flags: govern.Flags(placeOf(cfg.ReadOnly.Source), cfg.ReadOnly.Value, patterns(cfg.Allow), patterns(cfg.Deny)),
	}
}

func patterns(globs config.Value[[]string]) []govern.Pattern {
	all := make([]govern.Pattern, len(globs.Value))
	for i, glob := range globs.Value {
		all[i] = govern.Pattern{Glob: glob, At: placeOf(globs.Source)}
	}
	return all
}

func placeOf(s config.Source) govern.Place { return govern.Place{File: string(s)} }
