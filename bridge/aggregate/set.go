package aggregate

import (
	"bytes"
	"context"
	"log/slog"
	"slices"
	"sync"
	"time"

	"ucbridge/bridge/guard"
	"ucbridge/bridge/jsonrpc"
	"ucbridge/bridge/mcp"
)

// memberSet holds the servers, and how the client began with them.
type memberSet struct {
	ctx     context.Context
	to      receiver
	version string
	connect time.Duration
	coming  <-chan struct{}
	log     *slog.Logger

	mu      sync.Mutex
	members []*member // those withdrawn included, so that ranks stay
	said    *hello    // how the client began, nil before
	level   []byte    // the params of the last logging/setLevel
	closing bool
}

// add makes a server a member, and has it begin where the client has begun. It does
// nothing where the conversations are being closed.
func (g *memberSet) add(s Server) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.closing {
		return
	}
	one := &member{
		Server: s, rank: len(g.members), to: g.to, log: g.log, connect: g.connect,
		wake: make(chan struct{}), answers: make(map[string]chan jsonrpc.Message), lists: make(map[string]*list),
	}
	one.ctx, one.stop = context.WithCancel(g.ctx)
	one.conv = s.Open(one.ctx, one)
	g.members = append(g.members, one)
	if g.said != nil {
		one.begin(*g.said)
	}
}

// active are the members that were not withdrawn, in their order.
func (g *memberSet) active() []*member {
	g.mu.Lock()
	defer g.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(g.members), (*member).gone)
}

// begin has every server begin, those that come later too.
func (g *memberSet) begin(h hello) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.said = &h
	for _, s := range g.members {
		s.begin(h) // which a server that was withdrawn does not
	}
}

// discovered has every server begin, unless they have begun so: several clients may ask.
func (g *memberSet) discovered(h hello) {
	g.mu.Lock()
	same := g.said != nil && g.said.meta != nil && bytes.Equal(g.said.meta, h.meta)
	g.mu.Unlock()
	if !same {
		g.begin(h)
	}
}

// beginFor has every server begin for a client that says neither initialize nor
// server/discover.
func (g *memberSet) beginFor(m jsonrpc.Message) {
	g.mu.Lock()
	said := g.said
	g.mu.Unlock()
	switch {
	case said != nil && (said.meta != nil || said.shaken || mcp.Revision(m) == ""):
	case mcp.Revision(m) != "":
		g.begin(modernHello(m))
	default:
		h := modernHello(m)
		h.meta = nil
		g.begin(h)
	}
}

// greeted waits until every server has begun, see waitEach.
func (g *memberSet) greeted() {
	g.waitEach(g.ctx, helloTimeout, func(ctx context.Context, s *member) { s.waitGreeted(ctx) })
}

// waitEach waits for every server side by side: until the first has answered as long as
// that may take, and for the others so long after it. A machine or a network that is slow
// for all of them hides none.
func (g *memberSet) waitEach(ctx context.Context, others time.Duration, wait func(context.Context, *member)) {
	ctx, cancel := context.WithTimeout(ctx, g.connect)
	defer cancel()
	g.known(ctx)
	began := time.Now()
	var waiting sync.WaitGroup
	var first sync.Once
	for _, s := range g.active() {
		waiting.Go(func() {
			wait(ctx, s)
			if s.result() != nil {
				first.Do(func() { time.AfterFunc(max(others, 2*time.Since(began)), cancel) })
			}
		})
	}
	waiting.Wait()
}

// known waits until the servers are known, or ctx is done.
func (g *memberSet) known(ctx context.Context) {
	if g.coming == nil {
		return
	}
	select {
	case <-g.coming:
	case <-ctx.Done():
	}
}

// gather waits until every server has read a list, see waitEach.
func (g *memberSet) gather(method string) {
	g.waitEach(g.ctx, listTimeout, func(ctx context.Context, s *member) { s.await(ctx, method) })
}

// gatherAll waits until every server has read these lists, as long as a server may take to
// begin: to say that there is no such thing would be wrong while one has yet to answer.
func (g *memberSet) gatherAll(methods ...string) {
	ctx, cancel := context.WithTimeout(g.ctx, g.connect)
	defer cancel()
	g.known(ctx)
	var waiting sync.WaitGroup
	for _, s := range g.active() {
		waiting.Go(func() {
			s.waitGreeted(ctx)
			for _, method := range methods {
				s.await(ctx, method)
			}
		})
	}
	waiting.Wait()
}

// isModern reports whether the client began in 2026-07-28.
func (g *memberSet) isModern() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.said != nil && g.said.meta != nil
}

// setLevel tells every server how much it is to log, those that come later too, and returns
// when they have answered or are late: what the client calls then is logged so.
func (g *memberSet) setLevel(params []byte) {
	g.mu.Lock()
	g.level = params
	g.mu.Unlock()
	ctx, cancel := context.WithTimeout(g.ctx, listTimeout)
	defer cancel()
	var telling sync.WaitGroup
	for _, s := range g.active() {
		if s.result() != nil {
			telling.Go(func() { guard.Run(g.log, nil, func() { g.tellLevel(ctx, s) }) })
		}
	}
	telling.Wait()
}

// tellLevel tells one server. What it answers is of no use to the client.
func (g *memberSet) tellLevel(ctx context.Context, s *member) {
	g.mu.Lock()
	params := g.level
	g.mu.Unlock()
	if !s.declares("logging") || s.isModern() || params == nil {
		return
	}
	if answer, err := s.ask(ctx, "logging/setLevel", params); err != nil || answer.Error != nil {
		g.log.Debug("setting a server's log level", "server", s.Name, "error", string(answer.Error), "err", err)
	}
}

// update has these servers in the place of those that there are, and returns those that
// are withdrawn, which nothing new goes to and which are to be closed.
func (g *memberSet) update(servers []Server) (gone []*member) {
	have := make(map[string]*member)
	for _, s := range g.active() {
		have[s.Name] = s
	}
	for _, s := range servers {
		if have[s.Name] != nil {
			delete(have, s.Name)
			continue
		}
		g.log.Info("a server has come", "server", s.Name)
		g.add(s)
	}
	for _, s := range have {
		g.log.Info("a server has gone", "server", s.Name)
		s.drop()
		gone = append(gone, s)
	}
	return gone
}

// close ends the conversations with all servers, each after what drain says.
func (g *memberSet) close(drain func(*member) time.Duration) {
	g.mu.Lock()
	g.closing = true
	g.mu.Unlock()
	var closing sync.WaitGroup
	for _, s := range g.active() {
		closing.Go(func() { s.close(drain(s)) })
	}
	closing.Wait()
}
