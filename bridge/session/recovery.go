package session

import (
	"errors"
	"net/http"
	"regexp"
	"strconv"

	"github.com/mark3labs/mcp-go/mcp"

	"ucbridge/bridge/jsonrpc"
	"ucbridge/bridge/streamable"
)

// sessionLost says that the server does not know the session of a request, which
// it therefore has not executed.
type sessionLost struct{ answer jsonrpc.Message }

func (e *sessionLost) Error() string { return "the server has lost the session" }

// naming matches how servers word it when they answer 400 instead of 404; a
// TypeScript server with one transport, restarted, says that it is not initialized.
var naming = regexp.MustCompile(`(?i)session|not initialized`)

// disowns reports whether an error response with that HTTP status says that the
// session is gone. MCP wants 404 for it (2025-11-25, Transports, "Session
// Management"), but 404 with -32601 is an unknown method; some servers, the
// reference server-everything among them, answer 400 and name the session.
func disowns(status int, m jsonrpc.Message) bool {
	if m.Error == nil {
		return false
	}
	code := string(jsonrpc.Value(m.Error, "code"))
	switch status {
	case http.StatusNotFound:
		return code != strconv.Itoa(jsonrpc.CodeMethodNotFound)
	case http.StatusBadRequest:
		if code == strconv.Itoa(mcp.UNSUPPORTED_PROTOCOL_VERSION) {
			return true // another server stands there now, of other revisions
		}
		return (code == "-32000" || code == "-32001") && naming.MatchString(jsonrpc.Text(m.Error, "message"))
	}
	return false
}

// asLoss recognises a loss in the error of perform.
func asLoss(err error, conv streamable.Conversation) bool {
	var lost *sessionLost
	if errors.As(err, &lost) {
		return true
	}
	var status *streamable.StatusError
	if conv.Session == "" || !errors.As(err, &status) {
		return false
	}
	return status.Status == http.StatusNotFound ||
		status.Status == http.StatusBadRequest && naming.MatchString(status.Body)
}

// performAcrossLoss performs x, and once more in a new session where the server
// had lost the one that x was sent in: it refused x, so nothing runs twice.
func (s *Session) performAcrossLoss(x *exchange) error {
	for repeats := 0; ; repeats++ {
		s.mu.Lock()
		conv, generation := s.conv, s.generation
		s.mu.Unlock()
		err := s.perform(x, conv)
		if !asLoss(err, conv) {
			return err
		}
		if repeats > 0 && (repeats == lossRepeats || s.currently(generation)) {
			var lost *sessionLost
			if errors.As(err, &lost) { // the server disowns what it has just begun
				s.deliver(lost.answer, x)
				return nil
			}
			return err
		}
		s.Log.Info("the server has lost the session, beginning a new one", "method", x.message.Method)
		if err := s.connect(x.ctx, generation); err != nil {
			return err
		}
	}
}

// lossRepeats is how often a call is sent again for sessions that others have
// found lost before it, one after the other.
const lossRepeats = 3

// currently reports whether that session is still the one in use.
func (s *Session) currently(generation int) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.generation == generation
}

// renewAside replaces a session whose loss showed outside of a call.
func (s *Session) renewAside(generation int) {
	s.aside.add(1)
	go func() {
		defer s.aside.add(-1)
		if err := s.connect(s.ctx, generation); err != nil {
			s.Log.Warn("beginning a new session", "err", err)
		}
	}()
}

// memory keeps the requests that set up a session, as the client sent them.
type memory struct {
	level         []byte            // the last logging/setLevel
	subscriptions map[string][]byte // resources/subscribe by URI
}

// remember takes note of an answered request where a new session must hear of it.
func (s *Session) remember(f *flight, answer jsonrpc.Message) {
	m := f.exchange.message
	if answer.Result == nil || m.Batch != nil {
		return
	}
	switch f.method {
	case "logging/setLevel":
		s.mu.Lock()
		defer s.mu.Unlock()
		s.memory.level = m.Raw
	case "resources/subscribe", "resources/unsubscribe":
		uri := jsonrpc.Text(m.Params, "uri")
		s.mu.Lock()
		defer s.mu.Unlock()
		if f.method == "resources/unsubscribe" {
			delete(s.memory.subscriptions, uri)
			return
		}
		if s.memory.subscriptions == nil {
			s.memory.subscriptions = make(map[string][]byte)
		}
		s.memory.subscriptions[uri] = m.Raw
	}
}

// messages returns what a new session has to be told.
func (m *memory) messages() [][]byte {
	var all [][]byte
	if m.level != nil {
		all = append(all, m.level)
	}
	for _, raw := range m.subscriptions {
		all = append(all, raw)
	}
	return all
}
