package endpoint

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"ucbridge/bridge/aggregate"
	"ucbridge/bridge/jsonrpc"
	"ucbridge/bridge/mcp"
	"ucbridge/bridge/refusal"
)

// session is a conversation of a caller, whose messages come by many requests.
type session struct {
	id     string
	caller *Caller
	agg    *aggregate.Aggregate
	// renames gives requests ids and progress tokens of our own: several clients of one
	// caller may use the same (2026-07-28).
	renames bool
	handing sync.Mutex // one message at a time goes in

	mu      sync.Mutex
	count   int
	used    time.Time
	waiting map[string]*post // by the id that the aggregate knows
	order   []*post          // those open, oldest first
	stream  *sink            // the GET stream, nil for none
	backlog [][]byte         // what nobody could be told
}

// post is a POST that waits for an answer.
type post struct {
	id, inner    jsonrpc.ID // the client's, and the one that the aggregate knows
	token        []byte     // of progress, as the client knows it, nil for none
	innerToken   []byte
	out          *sink
	takesEvents  bool
	subscription bool
}

// maxBacklog is how many messages wait for a stream to be sent on.
const maxBacklog = 100

func newSession(id string, caller *Caller, renames bool) *session {
	return &session{id: id, caller: caller, renames: renames, used: time.Now(), waiting: make(map[string]*post)}
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

func (s *session) close() { s.agg.Close(drain) }

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
	if !m.IsRequest() {
		s.handle(m)
		w.WriteHeader(http.StatusAccepted)
		return
	}
	p := &post{
		id: m.ID, inner: m.ID, out: newSink(), subscription: m.Method == mcp.Listen,
		takesEvents: strings.Contains(strings.Join(r.Header.Values("Accept"), ","), "text/event-stream"),
	}
	if s.renames {
		m = s.rename(p, m)
	} else if meta := m.Field("_meta"); meta != nil {
		p.token = jsonrpc.Value(meta, "progressToken")
		p.innerToken = p.token
	}
	if !s.open(p) {
		refuse(w, http.StatusBadRequest, refusal.New(refusal.DuplicateID, "A request of the same id is open already."), m.ID)
		return
	}
	defer s.done(p)
	s.handle(m)
	if !p.out.write(w, r.Context(), p.takesEvents) && s.renames { // a closed stream is a cancel (2026-07-28, Transports)
		s.handle(cancelled(p.inner))
	}
}

// rename gives a request an id and a progress token of ours.
func (s *session) rename(p *post, m jsonrpc.Message) jsonrpc.Message {
	s.mu.Lock()
	s.count++
	n := s.count
	s.mu.Unlock()
	p.inner = jsonrpc.ID(fmt.Sprintf(`"http-%d"`, n))
	raw := jsonrpc.Set(m.Raw, p.inner, "id")
	if token := jsonrpc.Value(m.Field("_meta"), "progressToken"); token != nil {
		p.token, p.innerToken = token, fmt.Appendf(nil, `"http-%d"`, n)
		raw = jsonrpc.Set(raw, p.innerToken, "params", "_meta", "progressToken")
	}
	renamed, err := jsonrpc.Parse(raw)
	if err != nil { // made of a message that was read
		panic(err)
	}
	return renamed
}

func cancelled(id jsonrpc.ID) jsonrpc.Message {
	m, err := jsonrpc.Parse(mcp.Cancellation(id, "the client has closed the stream"))
	if err != nil { // an id of ours
		panic(err)
	}
	return m
}

func (s *session) open(p *post) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.waiting[string(p.inner)] != nil {
		return false
	}
	s.waiting[string(p.inner)] = p
	s.order = append(s.order, p)
	return true
}

func (s *session) done(p *post) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.used = time.Now()
	delete(s.waiting, string(p.inner))
	s.order = slices.DeleteFunc(s.order, func(other *post) bool { return other == p })
	p.out.end()
}

// emit takes a message of the aggregate.
func (s *session) emit(raw []byte) {
	m, err := jsonrpc.Parse(raw)
	if err != nil { // not of an aggregate
		return
	}
	if out, raw, final := s.route(m); out != nil {
		out.put(raw, final)
	}
}

// route returns where a message goes, and as what; nil where it waits, or nobody is to
// hear it.
func (s *session) route(m jsonrpc.Message) (out *sink, raw []byte, final bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if m.IsResponse() {
		p := s.waiting[string(m.ID)]
		if p == nil {
			return nil, nil, false
		}
		return p.out, p.restore(m, m.WithID(p.id)), true
	}
	if p := s.about(m); p != nil {
		if !p.takesEvents {
			return nil, nil, false
		}
		return p.out, p.restore(m, m.Raw), false
	}
	if m.IsRequest() || s.stream == nil { // a question belongs to a call, and clients without a GET stream hear the rest with it
		for _, p := range slices.Backward(s.order) {
			if p.takesEvents && !p.subscription {
				return p.out, m.Raw, false
			}
		}
	}
	if s.stream != nil {
		return s.stream, m.Raw, false
	}
	if !s.renames && len(s.backlog) < maxBacklog {
		s.backlog = append(s.backlog, m.Raw)
	}
	return nil, nil, false
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
	if s.stream != nil { // a client may have one, and the later one is alive
		s.stream.end()
	}
	s.stream = out
	backlog := s.backlog
	s.backlog = nil
	s.mu.Unlock()
	defer func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.stream == out {
			s.stream = nil
		}
		s.used = time.Now()
		out.end()
	}()
	go func() {
		for _, raw := range backlog {
			out.put(raw, false)
		}
	}()
	out.stream(w, r.Context())
}
