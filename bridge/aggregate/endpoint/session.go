package endpoint

import (
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"ucbridge/bridge/aggregate"
	"ucbridge/bridge/guard"
	"ucbridge/bridge/jsonrpc"
	"ucbridge/bridge/mcp"
	"ucbridge/bridge/refusal"
)

// session is a conversation of a caller, whose messages come by many requests.
type session struct {
	id     string
	caller *Caller
	agg    *aggregate.Aggregate
	log    *slog.Logger
	// renames gives requests ids and progress tokens of our own: several clients of one
	// caller may use the same (2026-07-28).
	renames bool
	handing sync.Mutex // one message at a time goes in

	mu      sync.Mutex
	closed  bool
	used    time.Time
	waiting map[string]*post // by the id that the aggregate knows
	order   []*post          // those open, oldest first
	stream  *sink            // the GET stream, nil for none
	backlog backlog          // what nobody could be told yet
}

// post is a request that waits for its answer to a POST.
type post struct {
	id, inner    jsonrpc.ID // the client's, and the one that the aggregate knows
	token        []byte     // of progress, as the client knows it, nil for none
	innerToken   []byte
	out          *sink
	takesEvents  bool
	subscription bool
}

func newSession(id, caller string, renames bool, log *slog.Logger) *session {
	return &session{id: id, caller: &Caller{Name: caller}, renames: renames, log: log, used: time.Now(), waiting: make(map[string]*post)}
}

// idle is how long nothing has been heard of the session.
func (s *session) idle() time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.order) > 0 || s.stream != nil {
		return 0
	}
	return time.Since(s.used)
}

func (s *session) close() {
	s.mu.Lock()
	s.closed = true
	s.backlog.take()
	if s.stream != nil {
		s.stream.end()
	}
	s.mu.Unlock()
	s.agg.Close(drain)
}

// handle gives a message to the aggregate.
func (s *session) handle(m jsonrpc.Message) {
	s.handing.Lock()
	defer s.handing.Unlock()
	s.agg.Handle(m)
}

// take takes a message of the client, and answers what wants an answer.
func (s *session) take(w http.ResponseWriter, r *http.Request, m jsonrpc.Message) {
	s.mu.Lock()
	s.used = time.Now()
	s.mu.Unlock()
	requests := mcp.Requests(m)
	switch {
	case m.Batch != nil && !s.agg.HasBatches():
		refuse(w, http.StatusBadRequest, refusal.Body.BatchRefused(), nil)
		return
	case len(requests) == 0:
		s.handle(m)
		w.WriteHeader(http.StatusAccepted)
		return
	}
	out := newSink()
	takesEvents := strings.Contains(strings.Join(r.Header.Values("Accept"), ","), "text/event-stream")
	var posts []*post
	defer func() { s.done(out, posts) }()
	for _, request := range requests {
		p := &post{id: request.ID, inner: request.ID, out: out, subscription: request.Method == mcp.Listen, takesEvents: takesEvents}
		if s.renames {
			m = s.rename(p, m) // 2026-07-28 has no arrays
		} else if meta := request.Field("_meta"); meta != nil {
			p.token = jsonrpc.Value(meta, "progressToken")
			p.innerToken = p.token
		}
		if !s.open(p) {
			refuse(w, http.StatusBadRequest, refusal.DuplicateRequest(), request.ID)
			return
		}
		posts = append(posts, p)
	}
	s.handle(m)
	if m.Batch != nil {
		out.writeBatch(w, r.Context(), len(posts), takesEvents)
		return
	}
	if !out.write(w, r.Context()) && s.renames { // a closed stream is a cancel (2026-07-28, Transports)
		s.handle(cancelled(posts[0].inner))
	}
}

// rename gives a request an id and a progress token of ours.
func (s *session) rename(p *post, m jsonrpc.Message) jsonrpc.Message {
	p.inner = jsonrpc.OwnID()
	raw := jsonrpc.Set(m.Raw, p.inner, "id")
	if token := jsonrpc.Value(m.Field("_meta"), "progressToken"); token != nil {
		p.token, p.innerToken = token, p.inner
		raw = jsonrpc.Set(raw, p.innerToken, "params", "_meta", "progressToken")
	}
	return jsonrpc.MustParse(raw)
}

func cancelled(id jsonrpc.ID) jsonrpc.Message {
	return jsonrpc.MustParse(mcp.Cancellation(id, "the client has closed the stream"))
}

func (s *session) open(p *post) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.waiting[string(p.inner)] != nil {
		return false
	}
	s.waiting[string(p.inner)] = p
	s.order = append(s.order, p)
	if p.mayCarry() {
		s.resend(s.backlog.take())
	}
	return true
}

// done ends the requests of one POST. What servers have said on its stream and the client
// has not read goes another way.
func (s *session) done(out *sink, posts []*post) {
	s.mu.Lock()
	s.used = time.Now()
	for _, p := range posts {
		delete(s.waiting, string(p.inner))
	}
	s.order = slices.DeleteFunc(s.order, func(p *post) bool { return p.out == out })
	s.mu.Unlock()
	s.resendRest(out)
}

// resendRest ends a sink and sends on another way what was not written.
func (s *session) resendRest(out *sink) {
	var unread [][]byte
	for _, m := range out.rest() {
		if !m.private {
			unread = append(unread, m.raw)
		}
	}
	s.resend(unread)
}

// resend sends messages of the aggregate that have waited, beside the caller.
func (s *session) resend(messages [][]byte) {
	if len(messages) == 0 {
		return
	}
	go guard.Run(s.log, nil, func() {
		for _, raw := range messages {
			s.emit(raw, nil)
		}
	})
}

// emit takes a message of the aggregate; about is the request that it is about, nil where
// the message says so itself, or nobody knows.
func (s *session) emit(raw []byte, about jsonrpc.ID) {
	m, err := jsonrpc.Parse(raw)
	if err != nil { // not of an aggregate
		return
	}
	for {
		out, one := s.route(m, about)
		if out == nil || out.put(one) {
			return
		} // else that stream has ended meanwhile
	}
}

// route returns where a message goes, and as what; nil where it waits, or nobody is to
// hear it. What is not known to be about a request of one of several clients is for none
// of them.
func (s *session) route(m jsonrpc.Message, about jsonrpc.ID) (out *sink, one message) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if m.IsResponse() {
		p := s.waiting[string(m.ID)]
		if p == nil {
			return nil, message{}
		}
		return p.out, message{raw: p.restore(m, m.WithID(p.id)), private: true, final: true}
	}
	if p := s.about(m); p != nil {
		if !p.takesEvents {
			return nil, message{}
		}
		return p.out, message{raw: p.restore(m, m.Raw), private: true}
	}
	if p := s.waiting[string(about)]; p != nil && p.mayCarry() {
		return p.out, message{raw: m.Raw, private: s.renames}
	}
	if s.renames {
		s.keep(m)
		return nil, message{}
	}
	if m.IsRequest() || s.stream == nil { // a question may belong to a call, and clients without a GET stream hear the rest with it
		for _, p := range slices.Backward(s.order) {
			if p.mayCarry() {
				return p.out, message{raw: m.Raw}
			}
		}
	}
	if s.stream != nil {
		return s.stream, message{raw: m.Raw}
	}
	s.keep(m)
	return nil, message{}
}

// keep has a message wait for a stream; s.mu is held. A question that finds none is
// answered, so that its server does not wait for ever.
func (s *session) keep(m jsonrpc.Message) {
	switch {
	case s.closed:
	case m.Method == mcp.Cancelled && s.backlog.drop(jsonrpc.ID(m.Field("requestId"))):
	case !s.renames && s.backlog.add(m, func() { s.expire(m.ID) }): // clients of 2026-07-28 have no other stream
	case m.IsRequest():
		s.giveUp(m.ID)
	}
}

// expire gives up a question that has waited as long as one does.
func (s *session) expire(id jsonrpc.ID) {
	s.mu.Lock()
	waited := s.backlog.drop(id)
	s.mu.Unlock()
	if waited {
		s.giveUp(id)
	}
}

// giveUp answers a question that cannot be put to the client.
func (s *session) giveUp(id jsonrpc.ID) {
	e := refusal.New(refusal.InputRefused, "The client has no stream open on which it could be asked.")
	answer := jsonrpc.MustParse(e.Response(id))
	go guard.Run(s.log, nil, func() { s.handle(answer) })
}

// about returns the open request that a notification is about, nil for none.
func (s *session) about(m jsonrpc.Message) *post {
	if id := jsonrpc.Value(m.Params, "_meta", mcp.MetaSubscriptionID); id != nil {
		return s.waiting[string(id)]
	}
	token := m.Field("progressToken")
	if m.Method != "notifications/progress" || token == nil {
		return nil
	}
	for _, p := range s.order {
		if string(p.innerToken) == string(token) {
			return p
		}
	}
	return nil
}

// mayCarry reports whether a request's stream may carry what is not about it.
func (p *post) mayCarry() bool { return p.takesEvents && !p.subscription }

// restore puts the client's own id and token back.
func (p *post) restore(m jsonrpc.Message, raw []byte) []byte {
	if p.id.Is(p.inner) {
		return raw
	}
	for _, within := range []string{"params", "result"} {
		if jsonrpc.Value(raw, within, "_meta", mcp.MetaSubscriptionID) != nil {
			raw = jsonrpc.Set(raw, p.id, within, "_meta", mcp.MetaSubscriptionID)
		}
	}
	if m.Method == "notifications/progress" {
		raw = jsonrpc.Set(raw, p.token, "params", "progressToken")
	}
	return raw
}

// listen holds the stream on which servers speak on their own.
func (s *session) listen(w http.ResponseWriter, r *http.Request) {
	out := newSink()
	s.mu.Lock()
	if s.closed { // since it was found
		s.mu.Unlock()
		refuseUnknown(w, nil)
		return
	}
	if s.stream != nil { // a client may have one, and the later one is alive
		s.stream.end()
	}
	s.stream = out
	s.resend(s.backlog.take())
	s.mu.Unlock()
	defer func() {
		s.mu.Lock()
		if s.stream == out {
			s.stream = nil
		}
		s.used = time.Now()
		s.mu.Unlock()
		s.resendRest(out)
	}()
	out.stream(w, r.Context())
}
