package bridge

import (
	"context"
	"slices"
	"sync"
	"time"

	"ucbridge/bridge/aggregate"
	"ucbridge/bridge/databricks"
	"ucbridge/bridge/jsonrpc"
	"ucbridge/bridge/refusal"
	"ucbridge/config"
)

// several are the servers behind a bridge with several targets.
type several struct {
	b *Bridge

	mu     sync.Mutex
	order  []string // their names: those that were named, then those that were found
	byName map[string]*server
	latest *aggregate.Aggregate
	named  int // how many were named
	// interval is how often it is looked for more.
	interval time.Duration
	stop     func()        // ends the search for more
	found    chan struct{} // closed when the search is over
}

// open opens the way to one target.
func (s *several) open(e config.Endpoint) error {
	cfg := s.b.cfg.For(e)
	var transport *databricks.Transport
	var err error
	if s.b.first == nil {
		if transport, err = databricks.Open(s.b.options(Target(cfg))); err == nil {
			s.b.first = transport
		}
	} else {
		transport, err = s.b.first.Beside(Target(cfg))
	}
	if err != nil {
		return err
	}
	one := s.b.newServer(cfg, transport)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.byName == nil {
		s.byName = make(map[string]*server)
	}
	s.order = append(s.order, e.Name())
	s.byName[e.Name()] = one
	return nil
}

// set has these servers after those that were named, and returns those that there were
// and are no more.
func (s *several) set(found []config.Endpoint) (gone []*server) {
	s.mu.Lock()
	have := s.byName
	named := s.order[:s.named:s.named]
	s.order = named
	s.byName = make(map[string]*server)
	for _, name := range named {
		s.byName[name] = have[name]
	}
	s.mu.Unlock()
	for _, e := range found {
		if slices.Contains(named, e.Name()) {
			continue
		}
		if one := have[e.Name()]; one != nil {
			s.mu.Lock()
			s.order, s.byName[e.Name()] = append(s.order, e.Name()), one
			s.mu.Unlock()
		} else if err := s.open(e); err != nil {
			s.b.log.Warn("a server that you may use cannot be offered", "server", e.Name(), "err", err)
		}
	}
	for name, one := range have {
		if s.byName[name] == nil {
			gone = append(gone, one)
		}
	}
	return gone
}

// newAggregate returns the conversation of one client with all of them.
func (s *several) newAggregate(ctx context.Context, client plainClient) conversation {
	cfg := s.b.cfg
	options := aggregate.Options{
		Prefix: aggregate.Prefix(cfg.Prefix.Value), Search: cfg.Tools.Value == "search",
		Version: s.b.version, ConnectTimeout: cfg.ConnectTimeout.Value, Emit: func(raw []byte, _ jsonrpc.ID) { client.emit(raw) }, Log: s.b.log,
	}
	if !cfg.All.Value {
		if !cfg.FailFast.Given() { // commands set it, and tell of a server that is missing beside the others
			client.giveUp = nil
		}
		options.Servers = s.servers(client.giveUp)
		return s.use(aggregate.New(ctx, options))
	}
	d := &discovery{api: s.b.first.Workspace(), log: s.b.log, file: rememberIn(cfg.CacheDir.Value, s.owner(ctx))}
	looked := make(chan struct{})
	var recalled []config.Endpoint
	if !cfg.Fresh.Value { // what is recalled counts as found
		recalled = d.recall()
	}
	if recalled != nil {
		s.set(recalled)
	} else {
		options.Coming = looked
	}
	options.Servers = s.servers(nil)
	a := s.use(aggregate.New(ctx, options))
	ctx, stop := context.WithCancel(ctx)
	found := make(chan struct{})
	s.mu.Lock()
	s.stop, s.found = stop, found
	s.mu.Unlock()
	go func() {
		defer close(found)
		s.discover(ctx, d, func() { a.Update(s.servers(nil)) }, looked)
	}()
	return a
}

// ownerTimeout bounds the wait for the name of the user, which a sign-in may hold up.
const ownerTimeout = 300 * time.Millisecond

// owner names whose servers are remembered, "" where that is not known yet.
func (s *several) owner(ctx context.Context) string {
	brief, cancel := context.WithTimeout(ctx, ownerTimeout)
	defer cancel()
	owner, err := s.b.first.Fingerprint(brief)
	if err != nil {
		return ""
	}
	return owner
}

func (s *several) use(a *aggregate.Aggregate) *aggregate.Aggregate {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.latest = a
	return a
}

// servers are those of an aggregate; giveUp, if set, is told of one that cannot be
// reached when the client begins.
func (s *several) servers(giveUp func(string, *refusal.Error)) []aggregate.Server {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []aggregate.Server
	for _, name := range s.order {
		all = append(all, memberOf(name, s.byName[name], giveUp))
	}
	return all
}

// memberOf is a server as an aggregate takes it. Its standby keeps quiet: the aggregate
// tells the state of all.
func memberOf(name string, one *server, giveUp func(string, *refusal.Error)) aggregate.Server {
	fallback := one.newStandby(true)
	one.fallback.Store(fallback)
	return aggregate.Server{
		Name: name,
		Open: func(ctx context.Context, client aggregate.Client) aggregate.Conversation {
			return one.newSession(ctx, plainClient{listener: listener{client.Emit, client.Deliver}, giveUp: giveUp, server: name}, fallback).(aggregate.Conversation)
		},
		State: func() (string, *refusal.Error) {
			return one.transport.Describe().String(), fallback.Cause()
		},
		RecordHidden: func(call jsonrpc.Message) {
			if gate := one.gate.Load(); gate != nil {
				gate.RecordHidden(call)
			}
		},
	}
}

func (s *several) tools() []aggregate.Named {
	s.mu.Lock()
	latest := s.latest
	s.mu.Unlock()
	if latest == nil {
		return nil
	}
	return latest.Tools()
}

func (s *several) outOfReach() map[string]*refusal.Error {
	s.mu.Lock()
	defer s.mu.Unlock()
	causes := make(map[string]*refusal.Error)
	for name, one := range s.byName {
		if fallback := one.fallback.Load(); fallback != nil && fallback.Cause() != nil {
			causes[name] = fallback.Cause()
		}
	}
	return causes
}

func (s *several) judged() []Judged {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []Judged
	for _, name := range s.order {
		all = slices.Concat(all, s.byName[name].judged())
	}
	return all
}

// close ends the search for servers, and their logs.
func (s *several) close() {
	s.mu.Lock()
	stop, found := s.stop, s.found
	s.mu.Unlock()
	if stop != nil {
		stop()
		<-found
	}
	for _, one := range s.byName {
		one.close()
	}
}
