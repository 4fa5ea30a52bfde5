package front

import (
	"fmt"
	"net/http"
)

// post serves a message of the client: it answers a request with what comes for
// it, anything else with 202. A session that it begins is named in the answer,
// unless that is an error: then it returns false.
func (p *pipe) post(w http.ResponseWriter, r *http.Request, m message, session string) bool {
	if !m.request() {
		if err := p.write(p.aliased(m)); err != nil {
			refuse(w, http.StatusBadGateway, -32603, err.Error())
			return false
		}
		w.WriteHeader(http.StatusAccepted)
		return true
	}
	x, raw := p.enter(m)
	if x == nil {
		refuse(w, http.StatusBadGateway, -32603, "the program has ended")
		return false
	}
	if err := p.write(raw); err != nil {
		p.leave(x)
		refuse(w, http.StatusBadGateway, -32603, err.Error())
		return false
	}
	began := p.answer(w, r, x, session)
	p.leave(x)
	if r.Context().Err() != nil {
		p.abandon(x)
	}
	return began
}

// answer answers a request with a stream of what comes for it, up to the response.
// An error that has a status of its own, and comes first, is answered with JSON. It
// returns when the client has gone, too.
func (p *pipe) answer(w http.ResponseWriter, r *http.Request, x *exchange, session string) bool {
	var s *eventStream
	for {
		select {
		case m, more := <-x.messages:
			switch {
			case !more && s == nil:
				refuse(w, http.StatusBadGateway, -32603, "the program ended without an answer")
				return false
			case !more:
				return true
			case s == nil && m.Error != nil:
				p.fail(w, m)
				return false
			case s == nil:
				s = newEventStream(w, session)
			}
			s.send(m)
			if m.response() {
				return true
			}
		case <-r.Context().Done():
			return true
		}
	}
}

// fail answers with an error. Its status says something since 2026-07-28 only.
func (p *pipe) fail(w http.ResponseWriter, m message) {
	w.Header().Set("Content-Type", "application/json")
	if p.shared {
		w.WriteHeader(m.status())
	}
	_, _ = w.Write(m.raw) // the client is gone if this fails
}

// abandon tells the process that a client has closed the stream of its request.
// Since 2026-07-28 that cancels the request; before, it meant nothing.
func (p *pipe) abandon(x *exchange) {
	if !p.shared {
		return
	}
	// Where the process has ended there is nothing to cancel.
	_ = p.write(fmt.Appendf(nil,
		`{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":%s,"reason":"stream closed"}}`, x.alias))
}

// listen serves GET: a stream of what the server sends on its own.
func (p *pipe) listen(w http.ResponseWriter, r *http.Request) {
	x := newExchange()
	p.mu.Lock()
	taken := p.over || p.stream != nil
	if !taken {
		p.stream = x
	}
	p.mu.Unlock()
	if taken {
		w.WriteHeader(http.StatusConflict)
		return
	}
	defer p.leave(x)
	s := newEventStream(w, "")
	for {
		select {
		case m, more := <-x.messages:
			if !more {
				return
			}
			s.send(m)
		case <-r.Context().Done():
			return
		}
	}
}

// eventStream is an answer of type text/event-stream.
type eventStream struct {
	w       http.ResponseWriter
	control *http.ResponseController
}

func newEventStream(w http.ResponseWriter, session string) *eventStream {
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-cache")
	if session != "" {
		w.Header().Set(sessionHeader, session)
	}
	w.WriteHeader(http.StatusOK)
	s := &eventStream{w, http.NewResponseController(w)}
	_ = s.control.Flush() // here and below: the client is gone if this fails
	return s
}

func (s *eventStream) send(m message) {
	if _, err := fmt.Fprintf(s.w, "event: message\ndata: %s\n\n", m.raw); err == nil {
		_ = s.control.Flush()
	}
}
