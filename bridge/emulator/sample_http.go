package emulator

import (
	"context"
	"encoding/json"
	"mime"
	"net/http"
	"strconv"
	"strings"

	"github.com/mark3labs/mcp-go/mcp"
)

// ServeHTTP is the sample server's Streamable HTTP endpoint: sessions by
// Mcp-Session-Id, 404 for one it does not know, POST answered by JSON or, as
// soon as a tool has something to say before its result, by SSE, GET for the
// stream of everything else, and DELETE.
func (s *sample) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	version := r.Header.Get(mcp.HeaderProtocolVersion)
	switch {
	case mcp.IsModernProtocol(version):
		s.modern.ServeHTTP(w, r)
	case version != "" && !mcp.IsValidProtocolVersion(version):
		http.Error(w, "unsupported MCP-Protocol-Version", http.StatusBadRequest)
	case r.Method == http.MethodPost:
		s.post(w, r)
	case r.Method == http.MethodGet:
		s.get(w, r)
	case r.Method == http.MethodDelete:
		s.delete(w, r)
	default:
		w.Header().Set("Allow", "GET, POST, DELETE")
		http.Error(w, "method not allowed", http.StatusMethodNotAllowed)
	}
}

// accepts tells whether an Accept header covers all the given media types.
func accepts(r *http.Request, types ...string) bool {
	accept := strings.ToLower(strings.Join(r.Header.Values("Accept"), ","))
	if strings.Contains(accept, "*/*") {
		return true
	}
	for _, t := range types {
		if !strings.Contains(accept, t) {
			return false
		}
	}
	return true
}

func (s *sample) post(w http.ResponseWriter, r *http.Request) {
	if t, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || t != "application/json" {
		http.Error(w, "Content-Type must be application/json", http.StatusUnsupportedMediaType)
		return
	}
	if !accepts(r, "application/json", "text/event-stream") {
		http.Error(w, "Accept must contain both application/json and text/event-stream", http.StatusNotAcceptable)
		return
	}
	body, err := readAll(r.Body, r.ContentLength)
	if err != nil {
		http.Error(w, "reading body: "+err.Error(), http.StatusBadRequest)
		return
	}
	m := peek(body)
	session := s.sessionFor(w, r, m)
	switch {
	case session == nil:
		// answered
	case m.method == "" && m.id != nil:
		// Acknowledged before it takes effect: clients drop the acknowledgement
		// once the answer that their response brings about is there.
		w.WriteHeader(http.StatusAccepted)
		flush(w)
		session.deliver(body)
	case m.method != "" && m.id == nil:
		s.mcp.HandleMessage(s.mcp.WithContext(session.ctx, session), body)
		w.WriteHeader(http.StatusAccepted)
	default:
		s.answer(w, session, body, m.method == string(mcp.MethodInitialize))
	}
}

// sessionFor returns the session a request names, a new one for initialize. Of
// any other request it answers what is wrong with the session, and returns nil.
func (s *sample) sessionFor(w http.ResponseWriter, r *http.Request, m message) *sampleSession {
	if m.method == string(mcp.MethodInitialize) {
		return s.newSession()
	}
	id := r.Header.Get("Mcp-Session-Id")
	if id == "" {
		http.Error(w, "missing Mcp-Session-Id header", http.StatusBadRequest)
		return nil
	}
	s.mu.Lock()
	session := s.sessions[id]
	s.mu.Unlock()
	if session == nil {
		http.Error(w, "session not found", http.StatusNotFound)
	}
	return session
}

// answer runs a request and writes what comes of it. The call goes on when the
// client goes away, as MCP wants it, and ends with its session or the workspace.
func (s *sample) answer(w http.ResponseWriter, session *sampleSession, body []byte, initialize bool) {
	x := &sampleExchange{
		sampleSession: session,
		notices:       make(chan mcp.JSONRPCNotification, 16),
		asks:          make(chan mcp.JSONRPCRequest),
	}
	done := make(chan mcp.JSONRPCMessage, 1)
	go func() { done <- s.mcp.HandleMessage(s.mcp.WithContext(session.ctx, x), body) }()
	out := eventWriter{w: w}
	for {
		select {
		case n := <-x.notices:
			out.write(n)
		case ask := <-x.asks:
			out.write(ask)
		case result := <-done:
			for len(x.notices) > 0 {
				out.write(<-x.notices)
			}
			if initialize {
				if _, failed := result.(mcp.JSONRPCError); failed {
					session.cancel()
				} else {
					s.open(session)
					w.Header().Set("Mcp-Session-Id", session.id)
				}
			}
			out.last(result)
			return
		}
	}
}

func (s *sample) get(w http.ResponseWriter, r *http.Request) {
	if !accepts(r, "text/event-stream") {
		http.Error(w, "Accept must contain text/event-stream", http.StatusNotAcceptable)
		return
	}
	session := s.sessionFor(w, r, message{})
	if session == nil {
		return
	}
	ctx := session.listen(r.Context())
	out := eventWriter{w: w}
	out.start()
	for {
		select {
		case n := <-session.notices:
			out.write(n)
		case <-ctx.Done():
			return
		case <-session.ctx.Done():
			return
		}
	}
}

func (s *sample) delete(w http.ResponseWriter, r *http.Request) {
	session := s.sessionFor(w, r, message{})
	if session == nil {
		return
	}
	s.mu.Lock()
	delete(s.sessions, session.id)
	s.mu.Unlock()
	s.mcp.UnregisterSession(context.WithoutCancel(r.Context()), session.id)
	session.cancel()
	w.WriteHeader(http.StatusNoContent)
}

// eventWriter writes messages as server-sent events, or a lone last one as JSON.
// Errors are dropped: the client is gone, and the call goes on without it.
type eventWriter struct {
	w       http.ResponseWriter
	started bool
}

func (e *eventWriter) start() {
	e.started = true
	h := e.w.Header()
	h.Set("Content-Type", "text/event-stream")
	h.Set("Cache-Control", "no-cache")
	e.w.WriteHeader(http.StatusOK)
	flush(e.w)
}

func flush(w http.ResponseWriter) {
	if f, ok := w.(http.Flusher); ok {
		f.Flush()
	}
}

func (e *eventWriter) write(message any) {
	if !e.started {
		e.start()
	}
	event := append([]byte("event: message\ndata: "), mustMarshal(message)...)
	_, _ = e.w.Write(append(event, "\n\n"...))
	flush(e.w)
}

func (e *eventWriter) last(message any) {
	if e.started {
		e.write(message)
		return
	}
	b, err := json.Marshal(message)
	if err != nil {
		http.Error(e.w, "encoding answer: "+err.Error(), http.StatusInternalServerError)
		return
	}
	e.w.Header().Set("Content-Type", "application/json")
	e.w.Header().Set("Content-Length", strconv.Itoa(len(b)))
	_, _ = e.w.Write(b)
}
