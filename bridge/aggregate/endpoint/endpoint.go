// Package endpoint serves several MCP servers as one over MCP's Streamable HTTP: an
// [aggregate.Aggregate] for each session of a client of an older revision, and one for
// each caller of 2026-07-28, which has no sessions.
//
// A session is kept in memory, and belongs to whoever began it. Its id says how it began,
// so that a replica with the same key goes on with it: see resume.
package endpoint

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"ucbridge/bridge/aggregate"
	"ucbridge/bridge/guard"
	"ucbridge/bridge/jsonrpc"
	"ucbridge/bridge/mcp"
	"ucbridge/bridge/refusal"
	"ucbridge/bridge/seal"
)

const (
	// idleTimeout is how long a session lasts of which nothing is heard.
	idleTimeout = 30 * time.Minute
	// drain is how long calls under way may take when a session ends.
	drain = 500 * time.Millisecond
)

// Caller is whose session it is.
type Caller struct {
	Name   string // tells callers apart who may not use each other's sessions
	latest atomic.Pointer[http.Request]
}

// Sign adds to a request of the caller's what the latest request had that the caller sent:
// that is who they are. What MCP and HTTP say of the message is the request's own.
func (c *Caller) Sign(req *http.Request) {
	latest := c.latest.Load()
	req.Host, req.RemoteAddr = latest.Host, latest.RemoteAddr
	for name, values := range latest.Header {
		if !isOfMessage(name) {
			req.Header[name] = values
		}
	}
}

// isOfMessage reports whether a header is about one message and not about who sends it.
func isOfMessage(name string) bool {
	switch name {
	case "Accept", "Accept-Encoding", "Connection", "Last-Event-Id", "Te", "Trailer", "Transfer-Encoding", "Upgrade", "Traceparent", "Tracestate":
		return true
	}
	return strings.HasPrefix(name, "Mcp-") || strings.HasPrefix(name, "Content-")
}

// Options are the parts of an Endpoint; all are required.
type Options struct {
	// Open begins a conversation for a caller, whose messages go to emit, which is that of
	// [aggregate.Options].
	Open func(ctx context.Context, caller *Caller, emit func(raw []byte, about jsonrpc.ID)) *aggregate.Aggregate
	// MaxSessions bounds those of one caller: where another begins the one that was used
	// the longest ago ends, of those that are not in use.
	MaxSessions int
	// MaxMessage is the longest message of a caller, in bytes.
	MaxMessage int64
	// Seal makes ids of sessions that replicas with the same key understand.
	Seal *seal.Sealer
	Log  *slog.Logger
}

// Endpoint serves aggregates. It is safe for concurrent use.
type Endpoint struct {
	opts Options
	ctx  context.Context
	stop context.CancelFunc

	opening  sync.Mutex // one session that is not begun by initialize begins at a time
	mu       sync.Mutex
	sessions map[string]*session  // by id, or by "user " and the name of a caller of 2026-07-28
	ended    map[digest]time.Time // when a session was ended by its client, by its id's digest
}

// New returns an Endpoint that lives until Close.
func New(o Options) *Endpoint {
	e := &Endpoint{opts: o, sessions: make(map[string]*session), ended: make(map[digest]time.Time)}
	e.ctx, e.stop = context.WithCancel(context.Background())
	go guard.Run(o.Log, nil, e.sweep)
	return e
}

// Close ends all sessions.
func (e *Endpoint) Close() {
	e.stop()
	e.mu.Lock()
	open := e.sessions
	e.sessions = make(map[string]*session)
	e.mu.Unlock()
	var closing sync.WaitGroup
	for _, s := range open {
		closing.Go(func() { guard.Run(e.opts.Log, nil, s.close) })
	}
	closing.Wait()
}

// sweep ends sessions of which nothing is heard.
func (e *Endpoint) sweep() {
	tick := time.NewTicker(time.Minute)
	defer tick.Stop()
	for {
		select {
		case <-e.ctx.Done():
			return
		case <-tick.C:
		}
		e.mu.Lock()
		for id, s := range e.sessions {
			if s.idle() > idleTimeout {
				delete(e.sessions, id)
				go guard.Run(e.opts.Log, nil, s.close)
			}
		}
		maps.DeleteFunc(e.ended, func(_ digest, at time.Time) bool { return time.Since(at) > idleTimeout })
		e.mu.Unlock()
	}
}

// Serve answers one request of a caller, who is known by that name.
func (e *Endpoint) Serve(w http.ResponseWriter, r *http.Request, caller string) {
	switch r.Method {
	case http.MethodPost:
		e.post(w, r, caller)
	case http.MethodGet:
		if s := e.find(w, r, caller, nil); s != nil {
			s.listen(w, r)
		}
	case http.MethodDelete:
		switch id := r.Header.Get("Mcp-Session-Id"); {
		case id == "":
			refuseUnnamed(w, nil)
		case e.end(id, caller):
			w.WriteHeader(http.StatusNoContent)
		default:
			refuseUnknown(w, nil)
		}
	default:
		w.Header().Set("Allow", "GET, POST, DELETE")
		w.WriteHeader(http.StatusMethodNotAllowed)
	}
}

// post takes one message.
func (e *Endpoint) post(w http.ResponseWriter, r *http.Request, caller string) {
	raw, refused := e.read(w, r)
	if refused != nil {
		refuse(w, refused.Data.Reason.Status(), refused, nil)
		return
	}
	m, refused := refusal.Body.Parse(raw)
	if refused != nil {
		if answer, ok := refusal.InsteadOfAnswer(raw); ok {
			s := e.find(w, r, caller, m.ID)
			if s == nil {
				return
			}
			s.handle(answer)
		}
		refuse(w, http.StatusBadRequest, refused, m.ID)
		return
	}
	modern := mcp.Revision(m) != ""
	if modern {
		if named := r.Header.Get("Mcp-Protocol-Version"); named != m.Revision || r.Header.Get("Mcp-Method") != "" && r.Header.Get("Mcp-Method") != m.Method {
			refuse(w, http.StatusBadRequest, &refusal.Error{Code: mcp.CodeHeaderMismatch, Message: "The headers contradict the message.",
				Data: refusal.Data{Source: refusal.Source, Reason: refusal.HeaderMismatch}}, m.ID)
			return
		}
	}
	var s *session
	switch {
	case m.Method == mcp.Initialize && !modern:
		if s = e.begin(newSession(e.newID(caller, m), caller, false, e.opts.Log), r); s != nil {
			w.Header().Set("Mcp-Session-Id", s.id)
		}
	case modern || m.Method == mcp.Discover:
		s = e.shared(r, caller, m)
	default:
		if s = e.find(w, r, caller, m.ID); s == nil {
			return
		}
	}
	if s == nil {
		e.refuseRoom(w, m.ID)
		return
	}
	s.take(w, r, m)
}

// read reads a message.
func (e *Endpoint) read(w http.ResponseWriter, r *http.Request) ([]byte, *refusal.Error) {
	large := r.ContentLength > e.opts.MaxMessage
	var raw []byte
	var err error
	if !large {
		raw, err = io.ReadAll(http.MaxBytesReader(w, r.Body, e.opts.MaxMessage))
		_, large = errors.AsType[*http.MaxBytesError](err)
	}
	switch {
	case large:
		return nil, refusal.New(refusal.MessageTooLarge, "The message is larger than %d bytes.", e.opts.MaxMessage)
	case err != nil:
		return nil, refusal.New(refusal.BodyIncomplete, "The message did not arrive completely.")
	}
	return raw, nil
}

// begin begins a session, which takes the messages in first before any that comes for it.
// It returns nil where its caller has as many as one may, and all of them are in use.
func (e *Endpoint) begin(s *session, r *http.Request, first ...jsonrpc.Message) *session {
	s.caller.latest.Store(r)
	e.mu.Lock()
	defer e.mu.Unlock()
	if !e.makeRoom(s.caller.Name) {
		return nil
	}
	s.agg = e.opts.Open(e.ctx, s.caller, s.emit)
	for _, m := range first {
		s.handle(m)
	}
	e.sessions[s.id] = s
	return s
}

// makeRoom ends the session of a caller that was used the longest ago, where there are as
// many as one may have; e.mu is held. It reports false where all are in use.
func (e *Endpoint) makeRoom(caller string) bool {
	var oldest *session
	var longest time.Duration
	count := 0
	for _, s := range e.sessions {
		if s.caller.Name != caller {
			continue
		}
		count++
		if idle := s.idle(); idle > longest {
			oldest, longest = s, idle
		}
	}
	if count < e.opts.MaxSessions {
		return true
	}
	if oldest == nil {
		return false
	}
	delete(e.sessions, oldest.id)
	go guard.Run(e.opts.Log, nil, oldest.close)
	return true
}

// shared is the one session of all clients of a caller that say the same of themselves,
// in 2026-07-28; nil where there is no room for it.
func (e *Endpoint) shared(r *http.Request, caller string, m jsonrpc.Message) *session {
	id := "user " + caller
	for _, key := range []string{mcp.MetaClientInfo, mcp.MetaCapabilities} {
		id += " " + string(jsonrpc.Value(m.Field("_meta"), key))
	}
	e.opening.Lock()
	defer e.opening.Unlock()
	e.mu.Lock()
	s := e.sessions[id]
	e.mu.Unlock()
	if s == nil {
		s = e.begin(newSession(id, caller, true, e.opts.Log), r)
	}
	if s != nil {
		s.caller.latest.Store(r)
	}
	return s
}

// find returns the session that a request names, and answers where it is none of the
// caller's; id is that of the message, nil where it has none.
func (e *Endpoint) find(w http.ResponseWriter, r *http.Request, caller string, id jsonrpc.ID) *session {
	named := r.Header.Get("Mcp-Session-Id")
	if named == "" {
		refuseUnnamed(w, id)
		return nil
	}
	e.mu.Lock()
	s := e.sessions[named]
	e.mu.Unlock()
	room := true
	if s == nil {
		s, room = e.resume(named, r, caller)
	}
	switch {
	case !room:
		e.refuseRoom(w, id)
		return nil
	case s == nil || s.caller.Name != caller || s.renames:
		refuseUnknown(w, id)
		return nil
	}
	s.caller.latest.Store(r)
	return s
}

// refuseUnnamed answers a request that needs a session and names none.
func refuseUnnamed(w http.ResponseWriter, id jsonrpc.ID) {
	refuse(w, http.StatusBadRequest, refusal.New(refusal.InvalidRequest, "The request names no session: Mcp-Session-Id is missing.").
		WithHint("send initialize first, and with each request the Mcp-Session-Id of its answer"), id)
}

// refuseRoom answers where all sessions of a caller are in use.
func (e *Endpoint) refuseRoom(w http.ResponseWriter, id jsonrpc.ID) {
	refuse(w, http.StatusTooManyRequests, refusal.New(refusal.RateLimited, "%d sessions are in use, and one more cannot begin.", e.opts.MaxSessions).
		WithHint("end a client that is not needed, or try again when a call has ended"), id)
}

// refuseUnknown answers a request for a session that is not there, by which the client
// knows that it has to begin a new one.
func refuseUnknown(w http.ResponseWriter, id jsonrpc.ID) {
	refuse(w, http.StatusNotFound, refusal.NoSession(), id)
}

// refuse answers with an error of ours.
func refuse(w http.ResponseWriter, status int, e *refusal.Error, id jsonrpc.ID) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(e.Response(id)) // the caller is gone, and needs no answer
}
