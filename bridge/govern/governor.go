package govern

import (
	"context"
	"log/slog"

	"ucbridge/bridge/audit"
	"ucbridge/bridge/jsonrpc"
	"ucbridge/bridge/pins"
	"ucbridge/bridge/policy"
)

// Governor holds what all clients of one connection share: the policy, the keys of
// its questions, the pins, the logs; and what is remembered of each visiting user. It is safe for concurrent use.
type Governor struct {
	name      string
	policy    *policy.Policy
	tooled    bool // a call can be ruled on only with the list of tools
	seal      *seal
	log       *slog.Logger
	pins      *pins.Pins // nil where the policy does not want them
	pinning   policy.Pinning
	secrets   policy.Secrets
	budget    *policy.Size
	logs      audit.Logs
	route     func() string
	resultDir string
	guests    guests
}

// Options are the parts of a Governor; all are required.
type Options struct {
	// Name is the connection, as its user named it.
	Name   string
	Policy *policy.Policy
	Pins   *pins.Pins
	// ResultDir is where results that were cut are kept whole, "" to keep none.
	ResultDir string
	// Route says which way messages take now.
	Route func() string
	Log   *slog.Logger
}

// New returns the governor of a connection and opens its logs.
func New(o Options) *Governor {
	g := &Governor{
		name: o.Name, policy: o.Policy, tooled: o.Policy.NeedsTools(),
		seal: newSeal(), log: o.Log,
		pinning: o.Policy.Pinning(), secrets: o.Policy.Secrets(), budget: o.Policy.MaxResult(),
		route: o.Route, resultDir: o.ResultDir,
	}
	if g.pinning.Mode != policy.PinOff {
		g.pins = o.Pins
	}
	for _, rules := range o.Policy.Audits {
		g.logs = append(g.logs, audit.Open(rules, o.Log))
	}
	return g
}

// Close writes what waits to be logged, for a short while.
func (g *Governor) Close() {
	for _, l := range g.logs {
		l.Close()
	}
}

// Gate returns the gate of one client that stays, whose messages go to out, which is
// called from many goroutines. Serve must be called before any message comes.
func (g *Governor) Gate(ctx context.Context, tools *Tools, out func(raw []byte)) *Gate {
	c := &Gate{Governor: g, ctx: ctx, tools: tools, limits: newLimits(g.policy), out: out, open: make(map[string]*exchange), questions: make(map[string]chan jsonrpc.Message)}
	c.asking, c.hangUp = context.WithCancel(ctx)
	return c
}
