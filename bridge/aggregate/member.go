package aggregate

import (
	"context"
	"fmt"
	"iter"
	"log/slog"
	"strconv"
	"sync"
	"time"

	"ucbridge/bridge/guard"
	"ucbridge/bridge/jsonrpc"
	"ucbridge/bridge/mcp"
	"ucbridge/bridge/refusal"
)

// Server is one MCP server behind an [Aggregate].
type Server struct {
	// Name is what it is called: in names, in the status, in the instructions. It is the
	// same at every start, and no other server has it.
	Name string
	// Open begins a conversation with it, whose messages go to client. It does no network.
	Open func(ctx context.Context, client Client) Conversation
	// State says where it is, and why it cannot be reached, nil where it can or nobody
	// has tried.
	State func() (place string, cause *refusal.Error)
	// RecordHidden writes down the call of a tool, if a policy hides it: the client was told
	// that nobody has it. It is nil where nothing is written.
	RecordHidden func(call jsonrpc.Message)
}

// Conversation takes the messages of one client for one server. Handle is called from
// one goroutine at a time; it does not block. Close may be called beside it.
type Conversation interface {
	Handle(m jsonrpc.Message)
	// Reach tries to reach a server that could not be reached.
	Reach(ctx context.Context) error
	Close(drain time.Duration)
}

// Client takes the messages of one server. It is safe for concurrent use, and blocks
// while the client does not read.
type Client interface {
	Emit(raw []byte)
	Deliver(m jsonrpc.Message)
}

// receiver gets what a member does not deal with itself.
type receiver interface {
	// receive takes a message of the server for the client.
	receive(from *member, m jsonrpc.Message)
	// welcomed says that the server has answered the handshake.
	welcomed(from *member)
	// changed says that a list of the server is another one than it was.
	changed(from *member, method string)
}

// member is one server: the conversation with it, its lists, and requests of the
// aggregate's own. It is safe for concurrent use.
type member struct {
	Server
	rank    int // in the order of the servers
	conv    Conversation
	to      receiver
	log     *slog.Logger
	ctx     context.Context
	stop    context.CancelFunc
	connect time.Duration // the longest that a request of the aggregate's own may take

	handing sync.Mutex // one message at a time goes in
	wake    chan struct{}

	mu        sync.Mutex
	greeting  chan struct{} // closed when the handshake is over, nil before it begins
	said      hello
	welcome   []byte // the result of initialize or server/discover, nil for none
	modern    bool   // the welcome is that of server/discover
	late      bool   // it was waited for in vain
	refused   []byte // the error that the handshake was answered with, nil for none
	withdrawn bool
	unlisten  context.CancelFunc              // ends the subscription to the server's changes, nil for none
	deaf      bool                            // such a subscription has ended, and changes since were not heard
	answers   map[string]chan jsonrpc.Message // to own requests, by id
	lists     map[string]*list                // by method
}

// Emit takes a message of the server.
func (s *member) Emit(raw []byte) {
	m, err := jsonrpc.Parse(raw)
	if err != nil { // not after the session has read it
		s.log.Error("dropping a message that cannot be read", "server", s.Name, "err", err)
		return
	}
	s.Deliver(m)
}

// Deliver is Emit for a message that was read already.
func (s *member) Deliver(m jsonrpc.Message) {
	if m.IsResponse() && s.take(m) {
		return
	}
	s.to.receive(s, m)
}

// take gives the answer to an own request to whoever waits for it.
func (s *member) take(m jsonrpc.Message) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	waiting, own := s.answers[string(m.ID)]
	if own {
		delete(s.answers, string(m.ID))
		waiting <- m
	}
	return own
}

// handle sends a message to the server.
func (s *member) handle(m jsonrpc.Message) {
	s.handing.Lock()
	defer s.handing.Unlock()
	s.conv.Handle(m)
}

// tell sends a message of the aggregate's own that wants no answer.
func (s *member) tell(raw []byte) { s.handle(jsonrpc.MustParse(raw)) }

// ask sends a request of the aggregate's own and returns the answer, which may be an
// error of the server's or the session's. The error is the cause of ctx.
func (s *member) ask(ctx context.Context, method string, params []byte) (jsonrpc.Message, error) {
	id := jsonrpc.OwnID()
	answer := make(chan jsonrpc.Message, 1)
	s.mu.Lock()
	s.answers[string(id)] = answer
	s.mu.Unlock()
	s.handle(jsonrpc.MustParse(fmt.Appendf(nil, `{"jsonrpc":"2.0","id":%s,"method":"%s","params":%s}`, id, method, params)))
	select {
	case m := <-answer:
		return m, nil
	case <-ctx.Done():
	}
	s.mu.Lock()
	delete(s.answers, string(id))
	s.mu.Unlock()
	if method != mcp.Initialize {
		s.tell(mcp.Cancellation(id, "nobody waits for it"))
	}
	return jsonrpc.Message{}, context.Cause(ctx)
}

// begin shakes hands with the server for a client that began so.
func (s *member) begin(h hello) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.withdrawn {
		return
	}
	over := make(chan struct{})
	s.greeting, s.said, s.welcome, s.modern, s.refused = over, h, nil, false, nil
	s.lists = make(map[string]*list)
	if s.unlisten != nil { // the next welcome subscribes anew
		s.unlisten()
		s.unlisten = nil
	}
	go guard.Run(s.log, nil, func() {
		guard.Run(s.log, nil, func() { s.greet(h, over) })
		close(over)
		s.greetAgain(h, over)
	})
}

// A server that refuses the handshake is asked again after a while, that grows between
// these bounds.
const (
	firstGreeting = 2 * time.Second
	maxGreeting   = time.Minute
)

// greetAgain repeats a handshake until it succeeds, or another has begun.
func (s *member) greetAgain(h hello, over chan struct{}) {
	failed := func() bool {
		s.mu.Lock()
		defer s.mu.Unlock()
		return s.greeting == over && s.welcome == nil && s.said.params != nil
	}
	for wait := firstGreeting; failed(); wait = min(2*wait, maxGreeting) {
		select {
		case <-time.After(wait):
		case <-s.wake:
		case <-s.ctx.Done():
			return
		}
		if failed() { // another may have begun meanwhile
			s.greet(h, over)
		}
	}
}

// hurry has a handshake that was refused repeated at once.
func (s *member) hurry() {
	select {
	case s.wake <- struct{}{}:
	default: // nobody waits
	}
}

// greet performs a handshake: in the client's era where the server has it, else in
// the older one, which the session can translate to any.
func (s *member) greet(h hello, over chan struct{}) {
	if h.meta != nil {
		answer, err := s.ask(s.ctx, mcp.Discover, paramsWith(h.meta))
		if err == nil && string(jsonrpc.Value(answer.Error, "code")) == strconv.Itoa(mcp.CodeUnsupportedRevision) && names(jsonrpc.Value(answer.Error, "data", "supported"), mcp.Modern) {
			answer, err = s.ask(s.ctx, mcp.Discover, paramsWith(h.meta)) // it knows the revision after all
		}
		if err == nil && supports(answer.Result, mcp.Modern) {
			s.welcomed(over, answer.Result, true)
			return
		}
	}
	if h.params == nil {
		return
	}
	answer, err := s.ask(s.ctx, mcp.Initialize, h.params)
	if s.ctx.Err() != nil {
		return
	}
	if err != nil || answer.Result == nil {
		s.mu.Lock()
		if s.greeting == over {
			s.refused = answer.Error
		}
		s.mu.Unlock()
		s.log.Warn("a server refuses the handshake", "server", s.Name, "error", string(answer.Error), "err", err)
		return
	}
	s.mu.Lock()
	outdated := s.greeting != over
	s.mu.Unlock()
	if outdated {
		return
	}
	s.tell([]byte(`{"jsonrpc":"2.0","method":"` + mcp.Initialized + `"}`))
	s.welcomed(over, answer.Result, false)
}

// welcomed takes the answer to a handshake, unless another has begun.
func (s *member) welcomed(over chan struct{}, result []byte, modern bool) {
	s.mu.Lock()
	if s.greeting != over {
		s.mu.Unlock()
		return
	}
	s.welcome, s.modern, s.late, s.refused = result, modern, false, nil
	if modern {
		ctx, stop := context.WithCancel(s.ctx)
		s.unlisten = stop
		go guard.Run(s.log, nil, func() { s.listen(ctx) })
	}
	s.mu.Unlock()
	s.to.welcomed(s)
	for _, method := range s.wanted() {
		s.list(method)
	}
}

// wanted are the lists that the client has asked for, or will: clients begin with tools.
func (s *member) wanted() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	methods := []string{mcp.ListTools}
	for method := range s.lists {
		if method != mcp.ListTools {
			methods = append(methods, method)
		}
	}
	return methods
}

// meta is what a request of the aggregate's own says of the client, nil for an older
// server.
func (s *member) meta() []byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.modern {
		return nil
	}
	return s.said.meta
}

// isModern reports whether the server is spoken to in 2026-07-28.
func (s *member) isModern() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.modern
}

// result is the answer to the handshake, nil where there is none.
func (s *member) result() []byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.welcome
}

// waitGreeted waits for the end of the handshake, or until ctx is done.
func (s *member) waitGreeted(ctx context.Context) bool {
	s.mu.Lock()
	over := s.greeting
	s.mu.Unlock()
	if over == nil {
		return false
	}
	select {
	case <-over:
		return true
	default:
	}
	select {
	case <-over:
		return true
	case <-ctx.Done():
		return false
	}
}

// greeted is waitGreeted for all but a server that was waited for in vain.
func (s *member) greeted(ctx context.Context) bool {
	s.mu.Lock()
	over, late := s.greeting, s.late
	s.mu.Unlock()
	if late {
		past, cancel := context.WithCancel(ctx)
		cancel()
		ctx = past
	}
	if s.waitGreeted(ctx) {
		return true
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.late = s.greeting == over
	return false
}

// gone reports whether the server was withdrawn.
func (s *member) gone() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.withdrawn
}

// close ends the conversation.
func (s *member) close(drain time.Duration) {
	s.mu.Lock()
	s.withdrawn = true
	s.mu.Unlock()
	s.stop()
	s.conv.Close(drain)
}

// declares reports whether the server has a capability.
func (s *member) declares(path ...string) bool {
	return jsonrpc.Value(s.result(), append([]string{"capabilities"}, path...)...) != nil
}

// pages asks for the pages of a list, see [mcp.Pages]. What is yielded is the result of each.
func (s *member) pages(ctx context.Context, method string) iter.Seq2[[]byte, error] {
	return mcp.Pages(func(cursor []byte) ([]byte, error) {
		params := paramsWith(s.meta())
		if cursor != nil {
			params = jsonrpc.Set(params, cursor, "cursor")
		}
		answer, err := s.ask(ctx, method, params)
		if err == nil && answer.Error != nil {
			err = errorOf(answer)
		}
		return answer.Result, err
	})
}

// paramsWith returns params of a request of the aggregate's own: what is said of the
// client, if anything.
func paramsWith(meta []byte) []byte {
	params := []byte(`{}`)
	if meta == nil {
		return params
	}
	return jsonrpc.Set(params, meta, "_meta")
}
