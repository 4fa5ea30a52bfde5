package govern

import (
	"log/slog"

	"ucbridge/bridge/audit"
	"ucbridge/bridge/pins"
	"ucbridge/bridge/policy"
)

// Governor holds what all clients of one connection share: the policy, the key that
// signs its questions, the pins, the logs; and what is remembered of each user whose
// requests come one by one. It is safe for concurrent use.
type Governor struct {
	name       string
	policy     *policy.Policy
	needsTools bool // a call can be ruled on only with the list of tools
	signer     *stateSigner
	log        *slog.Logger
	pins       *pins.Pins // nil where the policy does not want them
	pinning    policy.Pinning
	secrets    policy.Secrets
	budget     *policy.Size
	logs       audit.Logs
	route      func() string
	resultDir  string
	users      users
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
		name: o.Name, policy: o.Policy, needsTools: o.Policy.NeedsTools(),
		signer: newStateSigner(), log: o.Log,
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

// Broken says why the policy cannot be read, nil where it can.
func (g *Governor) Broken() error { return g.policy.Broken }
