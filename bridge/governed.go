package bridge

import (
	"context"
	"log/slog"
	"path/filepath"
	"runtime"
	"time"

	"ucbridge/bridge/databricks"
	"ucbridge/bridge/govern"
	"ucbridge/bridge/jsonrpc"
	"ucbridge/bridge/pins"
	"ucbridge/bridge/policy"
	"ucbridge/bridge/scim"
	"ucbridge/bridge/session"
	"ucbridge/bridge/shell"
	"ucbridge/config"
)

// governed is a session behind a gate: what the client says passes the gate on its
// way in, what it hears on its way out.
type governed struct {
	*session.Session
	gate *govern.Gate
}

func newGoverned(ctx context.Context, governor *govern.Governor, options session.Options, client plainClient) governed {
	tools := new(govern.Tools)
	gate := governor.Gate(ctx, tools, client.deliver, client.about)
	options.Client = governedClient{client, gate, tools}
	s := session.New(ctx, options)
	gate.Serve(s)
	return governed{s, gate}
}

// Handle takes the client's next message.
func (g governed) Handle(m jsonrpc.Message) { g.gate.Handle(m) }

// Close ends the session as its own Close does; what the user was asked is off.
func (g governed) Close(drain time.Duration) {
	g.gate.Close()
	g.Session.Close(drain)
}

// governorOf returns what governs a target; it is idle where nothing does. Results that
// are cut are kept whole in resultDir; meta are members of _meta that calls get.
func governorOf(target policy.Target, sources policy.Sources, transport *databricks.Transport, resultDir string, meta []jsonrpc.Member, log *slog.Logger) *govern.Governor {
	watch := sources.Watch(target)
	applied := sources.Load(target)
	if applied == nil {
		applied = new(policy.Policy)
	}
	if applied.Broken != nil {
		log.Error("nothing passes, because the policy cannot be read", "err", applied.Broken)
	}
	see := "ucbridge policy diff " + shell.Word(runtime.GOOS, target.Names[0])
	return govern.New(govern.Options{
		Name: target.Names[0], Policy: applied, Watch: watch, Log: log,
		Pins:      pins.New(pinDir(applied, sources.Managed), transport.Place, log.With("see", see)),
		ResultDir: resultDir, Meta: meta,
		Route: transport.Route,
		Who:   func(ctx context.Context) (policy.Person, error) { return signedIn(ctx, transport) },
	})
}

// SignedIn asks the workspace who is signed in.
func (b *Bridge) SignedIn(ctx context.Context) (policy.Person, error) {
	return signedIn(ctx, b.first)
}

func signedIn(ctx context.Context, transport *databricks.Transport) (policy.Person, error) {
	asking, err := transport.Beside(databricks.Target{URL: scim.MePath})
	if err != nil {
		return policy.Person{}, err
	}
	user, err := scim.Me(ctx, asking)
	return policy.Person(user), err
}

// Judged is a tool that the server has listed, and what the policy says of it.
type Judged = govern.Judged

// Judged returns the tools that the server has listed so far in the latest session,
// those included that the policy hides, with what it says of each; nothing where
// no policy applies.
func (b *Bridge) Judged() []Judged {
	if b.several != nil {
		return b.several.judged()
	}
	return b.one.judged()
}

// Pins are what is remembered of the tools and prompts of the bridge's target.
func (b *Bridge) Pins() *pins.Pins {
	return pins.New(pinDir(b.sources.Load(PolicyTarget(b.cfg)), b.sources.Managed), b.first.Place, b.log)
}

// pinDir is where pins are kept: for an administrator's policy where no client's
// environment moves them.
func pinDir(applied *policy.Policy, managed policy.Managed) string {
	if applied != nil && applied.PinsAreManaged() {
		return pins.Dir(managed.FixedConfigDir())
	}
	return pins.Dir(policy.ConfigDir())
}

// PolicyTarget are the names by which a policy may speak of the configured target.
func PolicyTarget(cfg *config.Config) policy.Target {
	t := policy.TargetOf(cfg.Connection.Value, cfg.Service.Value, cfg.URL.Value)
	t.NotMCP = !Target(cfg).SpeaksMCP()
	return t
}

// PolicySources says where the rules of a configuration come from, beside the
// administrator's.
func PolicySources(cfg config.Rules, managed policy.Managed) policy.Sources {
	user, fault := policy.UserFile()
	return policy.Sources{
		Managed: managed, User: user, UserFault: fault, Named: cfg.Policy.Value, Log: cfg.Audit.Value,
		Flags: policy.Flags(placeOf(cfg.ReadOnly.Source), cfg.ReadOnly.Value, patterns(cfg.Allow), patterns(cfg.Deny)),
	}
}

// resultDir is where results that were cut are kept whole.
func resultDir(cfg *config.Config) string {
	if cfg.CacheDir.Value == "" {
		return ""
	}
	return filepath.Join(cfg.CacheDir.Value, "results")
}

func patterns(globs config.Value[[]string]) []policy.Pattern {
	all := make([]policy.Pattern, len(globs.Value))
	for i, glob := range globs.Value {
		all[i] = policy.NewPattern(glob, placeOf(globs.Source))
	}
	return all
}

func placeOf(s config.Source) policy.Place { return policy.Place{File: string(s)} }
