package session

import (
	"errors"
	"net/http"
	"regexp"
	"strconv"

	"ucbridge/bridge/jsonrpc"
	"ucbridge/bridge/mcp"
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
		if code == strconv.Itoa(mcp.CodeUnsupportedRevision) {
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

// withNewSession sends x, and once more in a new session where the server had lost
// the one that x was sent in: it refused x, so nothing runs twice.
func (l *serverLink) withNewSession(x *exchange) error {
	for repeats := 0; ; repeats++ {
		conv, generation := l.current()
		err := l.sender.attempt(x, conv)
		if !asLoss(err, conv) {
			return err
		}
		if repeats > 0 && (repeats == lossRepeats || l.isCurrent(generation)) {
			var lost *sessionLost
			if errors.As(err, &lost) { // the server disowns what it has just begun
				l.sender.inbound.deliver(lost.answer, origin{x, conv.Version})
				return nil
			}
			return err
		}
		l.life.log.Info("the server has lost the session, beginning a new one", "method", x.message.Method)
		if err := l.renew(x.ctx, generation); err != nil {
			return err
		}
	}
}

// lossRepeats is how often a call is sent again for sessions that others have
// found lost before it, one after the other.
const lossRepeats = 3
