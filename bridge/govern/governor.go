package govern

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"ucbridge/bridge/audit"
	"ucbridge/bridge/jsonrpc"
	"ucbridge/bridge/pins"
	"ucbridge/bridge/policy"
)

// Governor holds what all clients of one connection share: the policy, the key that
// signs its questions, the pins, the logs; and what is remembered of each user whose
// requests come one by one. It is safe for concurrent use.
type Governor struct {
	name      string
	meta      []jsonrpc.Member
	signer    *stateSigner
	log       *slog.Logger
	pins      *pins.Pins
	route     func() string
	who       func(context.Context) (policy.Person, error)
	resultDir string
	users     users
	current   atomic.Pointer[ruleset]
	read      atomic.Int64  // how often the policy was read again
	broken    atomic.Int64  // how often it could not be
	stop      chan struct{} // ends the watch
	ending    sync.Once

	mu sync.Mutex
	// subscribers are told when their lists change.
	subscribers map[*subscriber]bool
}

// ruleset is a policy and what is made of it. It is never modified, but swapped whole.
type ruleset struct {
	policy *policy.Policy
	// forLists is the policy without the sections that are about some calls alone, by
	// their arguments.
	forLists *policy.Policy
	// rulings are what the policy says of the tools that are called.
	rulings rulings
	given   []jsonrpc.Member // members of _meta of flags and settings
	meta    []jsonrpc.Member // that calls get, with those of the policy
	// idle says that everything passes as it is, and nothing is written down.
	idle bool
	// aboutPeople says that another part of the policy holds for other people.
	aboutPeople bool
	needsTools  bool       // a call can be ruled on only with the list of tools
	pins        *pins.Pins // nil where the policy does not want them
	kept        *pins.Pins // the same, wanted or not
	pinning     policy.Pinning
	secrets     policy.Secrets
	budget      *policy.Size
	logs        audit.Logs
}

// Options are the parts of a Governor; all but Watch are required.
type Options struct {
	// Name is the connection, as its user named it.
	Name   string
	Policy *policy.Policy
	// Watch notices that the files of the policy change, or that there are some; nil leaves
	// it as it is.
	Watch *policy.Watch
	Pins  *pins.Pins
	// ResultDir is where results that were cut are kept whole, "" to keep none.
	ResultDir string
	// Route says which way messages take now.
	Route func() string
	// Meta are members of _meta that calls get, beside those of the policy.
	Meta []jsonrpc.Member
	// Who tells who is signed in, for clients that stay; it may ask the workspace.
	Who func(context.Context) (policy.Person, error)
	Log *slog.Logger
}

// watchInterval is how often the files of a policy are looked at.
const watchInterval = time.Second

// New returns the governor of a connection and opens its logs.
func New(o Options) *Governor {
	g := &Governor{
		name: o.Name, meta: o.Meta, signer: newStateSigner(), log: o.Log, pins: o.Pins, route: o.Route, who: o.Who, resultDir: o.ResultDir,
		stop: make(chan struct{}), subscribers: make(map[*subscriber]bool),
	}
	g.current.Store(g.newRuleset(o.Policy, nil))
	if o.Watch != nil {
		go g.watch(o.Watch)
	}
	return g
}

func (g *Governor) rules() *ruleset { return g.current.Load() }

// newRuleset makes what is needed of a policy. Logs that go on are those of before.
func (g *Governor) newRuleset(p *policy.Policy, before *ruleset) *ruleset {
	r := (&ruleset{kept: g.pins, given: g.meta}).narrowedTo(p)
	_, r.aboutPeople = p.AboutPeople()
	for _, rules := range p.Audits {
		var log *audit.Log
		if before != nil {
			log = before.logs.Of(rules)
		}
		if log == nil {
			log = audit.Open(rules, g.log)
		}
		r.logs = append(r.logs, log)
	}
	r.idle = p.Silent() && r.logs == nil && len(g.meta) == 0
	return r
}

// narrowedTo returns a ruleset with another policy and the same logs.
func (r *ruleset) narrowedTo(p *policy.Policy) *ruleset {
	n := &ruleset{
		policy: p, forLists: p.ForLists(), kept: r.kept, logs: r.logs, given: r.given, meta: p.Meta(r.given),
		needsTools: p.NeedsTools(), pinning: p.Pinning(), secrets: p.Secrets(), budget: p.MaxResult(),
	}
	if n.pinning.Mode != policy.PinOff {
		n.pins = r.kept
	}
	return n
}

// forCall returns the policy on a call, or on a prompt, with these arguments.
func (r *ruleset) forCall(arguments []byte) (*policy.Policy, error) {
	if r.forLists == r.policy {
		return r.policy, nil
	}
	return r.policy.ForCall(arguments)
}

// watch swaps the policy when its files change, and tells clients of definitions that were
// approved, until Close.
func (g *Governor) watch(files *policy.Watch) {
	tick := time.NewTicker(watchInterval)
	defer tick.Stop()
	for {
		select {
		case <-g.stop:
			return
		case <-tick.C:
			if p := files.Changed(); p != nil {
				g.swap(p)
			}
			g.tellApproved()
		}
	}
}

// tellApproved tells clients which lists have more in them, as what was hidden there was
// approved meanwhile.
func (g *Governor) tellApproved() {
	if g.pins == nil {
		return
	}
	lists := g.pins.Approved()
	if len(lists) == 0 {
		return
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	for s := range g.subscribers {
		if s.filter.rules().pinning.Mode != policy.PinEnforce {
			continue // it has hidden nothing
		}
		for list := range lists {
			s.tellOf(list)
		}
	}
}

// swap puts another policy in the place of the one that holds. Clients whose list of
// tools differs under it are told.
func (g *Governor) swap(p *policy.Policy) {
	before := g.rules()
	after := g.newRuleset(p, before)
	g.current.Store(after)
	if p.Broken != nil {
		g.broken.Add(1)
		g.log.Error("the policy has changed and cannot be read: nothing passes", "err", p.Broken)
	} else {
		g.read.Add(1)
		g.log.Warn("the policy has changed and is now in force")
	}
	for _, l := range before.logs {
		if !after.logs.Has(l) {
			go l.Close()
		}
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	for s := range g.subscribers {
		s.tell(s.filter.caller.rules(before), s.filter.rules())
	}
}

// Close writes what waits to be logged, for a short while. It may be called again.
func (g *Governor) Close() {
	g.ending.Do(func() { close(g.stop) })
	for _, l := range g.rules().logs {
		l.Close()
	}
}

// Reloads is how often the policy was read again after its files had changed, and how
// often it could not be read.
func (g *Governor) Reloads() (read, unreadable int64) { return g.read.Load(), g.broken.Load() }

// Idle reports whether there are neither rules nor logs, so that everything passes
// unread. It may change when a file of a policy does.
func (g *Governor) Idle() bool { return g.rules().idle }

// Broken says why the policy cannot be read, nil where it can.
func (g *Governor) Broken() error { return g.rules().policy.Broken }
