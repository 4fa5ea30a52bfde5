package aggregate

import (
	"cmp"
	"context"
	"log/slog"
	"slices"
	"sync/atomic"
	"time"

	"ucbridge/bridge/jsonrpc"
	"ucbridge/bridge/mcp"
	"ucbridge/bridge/refusal"
)

// Options are the parts and settings of an Aggregate.
type Options struct {
	// Servers are there from the start, in the order in which they are listed. More may
	// come by Update.
	Servers []Server
	// Coming is closed when the servers are known, where they are not at the start; nil
	// where they are.
	Coming <-chan struct{}
	// Prefix says when names carry their server's, PrefixAuto where it is "".
	Prefix Prefix
	// Search shows tools that find and call others, in place of the list.
	Search bool
	// Version is ucbridge's.
	Version string
	// ConnectTimeout is how long a request of the aggregate's own may take.
	ConnectTimeout time.Duration
	// Emit writes a message to the client. It is called from many goroutines, and may
	// block while the client does not read. about is the client's request in the midst of
	// whose answer a server has said it, nil for a response and where that is not known.
	Emit func(raw []byte, about jsonrpc.ID)
	Log  *slog.Logger
}

// Aggregate is several servers as one. Handle must be called from one goroutine, in the
// order of the client's messages; all else is safe for concurrent use.
type Aggregate struct {
	ctx       context.Context
	stop      context.CancelFunc
	replies   *replies
	set       *memberSet
	directory *directory
	questions *questions
	listeners *listeners
	notices   *notices
	lister    *lister
	router    *router
	inbound   *inbound
	revision  atomic.Pointer[string] // that was agreed on
}

// New returns an Aggregate that lives until ctx is done or Close. Nothing goes to a
// server before the client begins.
func New(ctx context.Context, o Options) *Aggregate {
	ctx, stop := context.WithCancel(ctx)
	out := &replies{write: o.Emit, log: o.Log}
	in := &inbound{replies: out, tasks: new(taskOwners), questions: new(questions), parked: new(parked), listeners: new(listeners), search: o.Search}
	in.notices = newNotices(in.announce)
	set := &memberSet{ctx: ctx, to: in, version: o.Version, connect: o.ConnectTimeout, coming: o.Coming, log: o.Log}
	names := &directory{prefix: cmp.Or(o.Prefix, PrefixAuto), members: set.active}
	in.set, in.directory = set, names
	pages := &lister{set: set, directory: names, replies: out, notices: in.notices, search: o.Search}
	a := &Aggregate{
		ctx: ctx, stop: stop, replies: out, set: set, directory: names, questions: in.questions, listeners: in.listeners,
		notices: in.notices, lister: pages, inbound: in,
		router: &router{set: set, directory: names, replies: out, tasks: in.tasks, listeners: in.listeners, notices: in.notices, lister: pages, search: o.Search},
	}
	for _, s := range o.Servers {
		set.add(s)
	}
	return a
}

// Update puts other servers in the place of those that there are: what is new begins,
// what is missing ends, and the client is told. A server is known by its name.
func (a *Aggregate) Update(servers []Server) {
	for _, s := range a.set.update(servers) {
		a.leave(s)
	}
}

// leave ends what the client has open with a server that was withdrawn, and says why: the
// end of the conversation with it would look like a fault of the network.
func (a *Aggregate) leave(s *member) {
	for _, id := range a.questions.withdrawAll(s) {
		a.replies.emit(mcp.Cancellation(id, "the server is gone"))
	}
	a.inbound.parked.drop(s)
	for _, r := range a.replies.requests.leave(s) {
		e := refusal.New(refusal.ConnectionCut, "The server %q is not among those that you may use any more. %s", s.Name, refusal.CheckFirst).
			WithHint("ask its owner whether you may still use it")
		e.Data.Retryable = false
		asked := jsonrpc.Message{ID: r.id, Method: r.method}
		if r.modern {
			asked.Revision = mcp.Modern
		}
		a.replies.emit(e.Answer(asked))
	}
	s.close(0)
	for _, list := range []string{"tools", "prompts", "resources"} {
		a.notices.add(list)
	}
}

// Reject answers a line that is no message.
func (a *Aggregate) Reject(e *refusal.Error, id jsonrpc.ID) { a.replies.reject(e, id) }

// Handle takes the client's next message. It does not block while the client reads.
func (a *Aggregate) Handle(m jsonrpc.Message) {
	switch {
	case m.Batch != nil:
		a.handleBatch(m)
	case m.IsResponse():
		a.handleAnswer(m)
	case m.IsNotification():
		a.notify(m)
	default:
		a.handleRequest(m)
	}
}

// HasBatches reports whether the client has begun in a revision in which it may send
// arrays of messages.
func (a *Aggregate) HasBatches() bool {
	revision := a.revision.Load()
	return revision != nil && mcp.HasBatches(*revision)
}

// handleBatch takes an array of messages, each on its own.
func (a *Aggregate) handleBatch(m jsonrpc.Message) {
	if !a.HasBatches() {
		a.replies.reject(refusal.Line.BatchRefused(), nil) // one that comes in a body is refused before
		return
	}
	for _, one := range m.Batch {
		if one.Method == mcp.Initialize {
			a.replies.reject(refusal.InitializeInBatch(), one.ID)
			continue
		}
		a.Handle(one)
	}
}

// handleAnswer gives the client's answer to the server that asked.
func (a *Aggregate) handleAnswer(m jsonrpc.Message) {
	q := a.questions.answer(m.ID)
	if q == nil {
		a.replies.log.Debug("dropping an answer to no question", "id", string(m.ID))
		return
	}
	q.from.handle(jsonrpc.MustParse(m.WithID(q.id)))
}

// notify takes a notification of the client.
func (a *Aggregate) notify(m jsonrpc.Message) {
	switch m.Method {
	case mcp.Initialized: // each server is told when it has answered
	case mcp.Cancelled:
		a.cancel(m)
	case "notifications/progress":
		if q := a.questions.reported(m.Field("progressToken")); q != nil {
			q.from.handle(jsonrpc.MustParse(jsonrpc.Set(m.Raw, q.token, "params", "progressToken")))
		}
	default:
		for _, s := range a.set.active() {
			if s.result() != nil && !s.isModern() {
				s.handle(m)
			}
		}
	}
}

// cancel takes the client's word that it does not wait for an answer any more.
func (a *Aggregate) cancel(m jsonrpc.Message) {
	id := jsonrpc.ID(m.Field("requestId"))
	if a.listeners.end(id) {
		return
	}
	r := a.replies.requests.cancel(id)
	switch {
	case r == nil || r.to == nil:
	case r.sent.Is(r.id):
		r.to.handle(m)
	default:
		r.to.tell(mcp.Cancellation(r.sent, "the client has cancelled the request"))
	}
}

// Close ends the conversations: requests under way may be answered for as long as drain.
func (a *Aggregate) Close(drain time.Duration) {
	a.notices.close()
	a.listeners.close(a.replies.emit)
	a.set.close(func(s *member) time.Duration {
		if !a.replies.requests.isOpen(s) {
			return 0 // nobody waits for what it is asked
		}
		return drain
	})
	a.stop()
	a.replies.working.Wait()
}

// handleRequest takes a request of the client.
func (a *Aggregate) handleRequest(m jsonrpc.Message) {
	r := &request{id: m.ID, method: m.Method, modern: mcp.Revision(m) != ""}
	if meta := m.Field("_meta"); meta != nil {
		r.token = jsonrpc.Value(meta, "progressToken")
	}
	if !a.replies.requests.add(r) {
		a.replies.reject(refusal.DuplicateRequest(), m.ID)
		return
	}
	if m.Method == mcp.Initialize && !r.modern {
		a.initialize(r, m)
		return
	}
	if e := a.set.check(m); e != nil {
		a.replies.run(r, func() { a.replies.refuse(r, e) })
		return
	}
	if m.Method == mcp.Discover {
		a.discover(r, m)
		return
	}
	a.set.beginFor(m)
	if a.inbound.resumes(r, m) {
		return
	}
	switch m.Method {
	case "ping":
		a.replies.run(r, func() { a.replies.answerOwn(r, []byte(`{}`)) })
	case mcp.CallTool:
		a.router.call(r, m)
	case "prompts/get":
		a.router.use(r, m)
	case "resources/read", "resources/subscribe", "resources/unsubscribe", "completion/complete":
		a.router.reach(r, m)
	case "logging/setLevel":
		a.replies.run(r, func() {
			if !slices.Contains(mcp.LogLevels, jsonrpc.Text(m.Params, "level")) {
				a.replies.refuse(r, refusal.UnknownLogLevel())
				return
			}
			a.set.setLevel(m.Params)
			a.replies.answerOwn(r, []byte(`{}`))
		})
	case mcp.Listen:
		a.router.subscribe(r, m)
	case "tasks/list":
		a.replies.run(r, func() { a.router.listTasks(r, m) })
	case "tasks/get", "tasks/result", "tasks/cancel", "tasks/update":
		a.router.useTask(r, m)
	default:
		if _, isList := mcp.ListOf(m.Method); isList {
			a.replies.run(r, func() { a.lister.list(r, m) })
			return
		}
		a.replies.run(r, func() { a.replies.refuse(r, unknownMethod(m.Method)) })
	}
}

func unknownMethod(method string) *refusal.Error {
	return &refusal.Error{
		Code: jsonrpc.CodeMethodNotFound, Message: "Method not found: " + refusal.Quote(method),
		Data: refusal.Data{Source: refusal.Source, Reason: refusal.NotCarried, Hint: "with several servers, only methods that MCP defines can be sent"},
	}
}
