package session

import (
	"errors"
	"fmt"
	"net/http"

	"ucbridge/bridge/jsonrpc"
	"ucbridge/bridge/mcp"
	"ucbridge/bridge/refusal"
	"ucbridge/bridge/streamable"
)

// Revision 2026-07-28 has no handshake and no session: every request says in its
// own params._meta which revision it speaks, so the era is decided message by
// message, and both can alternate on one pipe. What is left to do falls on the
// bridge because it is the HTTP client: headers made from each message, from the
// tool's schema too (Transports, "Standard Request Headers"); a closed stream for
// a cancel; tools dropped whose header annotations are invalid.

// modernHeaders are the headers that a request of the new era carries, nil for
// one of the old era.
func (s *sender) modernHeaders(x *exchange) map[string]string {
	if x.era == "" {
		return nil
	}
	return s.headers.Of(x.message)
}

// headerMismatch says that the server found headers missing that it wants for a
// tool (-32020, HTTP 400): it has not run the call.
type headerMismatch struct{ answer jsonrpc.Message }

func (e *headerMismatch) Error() string { return "the server wants other headers" }

func (x *exchange) isMismatch(status int, m jsonrpc.Message) bool {
	return x.era != "" && !x.relisted && x.message.Method == mcp.CallTool && streamable.IsMismatch(status, m)
}

// attemptModern sends a request of the new era. Where the server wants headers
// that were not sent, the tools are listed anew and the call is sent once more.
func (s *sender) attemptModern(x *exchange) error {
	conv := streamable.Conversation{Version: x.era}
	err := s.attempt(x, conv)
	var mismatch *headerMismatch
	if !errors.As(err, &mismatch) {
		return err
	}
	x.relisted = true
	s.listTools(x)
	return s.attempt(x, conv)
}

// listTools reads the schemas of all tools, for the call x.
func (s *sender) listTools(x *exchange) {
	meta := jsonrpc.Value(x.message.Params, "_meta")
	pages := mcp.Pages(func(cursor []byte) (result []byte, err error) {
		raw := fmt.Appendf(nil, `{"jsonrpc":"2.0","id":0,"method":"tools/list","params":{"_meta":%s}}`, meta)
		if cursor != nil {
			raw = jsonrpc.Set(raw, cursor, "params", "cursor")
		}
		page, err := s.private(raw)
		if err != nil {
			return nil, err
		}
		page.era = x.era
		page.calls[0].take = func(answer jsonrpc.Message) {
			s.admitTools(answer)
			result = answer.Result
		}
		s.await(page, func() error { return s.attempt(page, streamable.Conversation{Version: x.era}) })
		page.cancel(errSettled)
		return result, nil
	})
	for _, err := range pages {
		if err != nil {
			s.life.log.Warn("listing tools for their headers", "err", err)
		}
	}
}

// undiscovered is the answer to server/discover where the server has none: a
// client of both eras falls back to initialize, which the standby answers.
func undiscovered(cause *refusal.Error) *refusal.Error {
	e := &refusal.Error{
		Code: jsonrpc.CodeMethodNotFound, Message: "Method not found: server/discover",
		Data: refusal.Data{Source: "ucbridge", Reason: refusal.RevisionNotCarried, Hint: "use initialize"},
	}
	if cause != nil {
		e.Data.Detail = refusal.Quote(cause.Message)
		e.Data.HTTPStatus = cause.Data.HTTPStatus
	}
	return e
}

// discover runs server/discover, with which a client asks for the new era.
func (s *Session) discover(x *exchange) {
	c := x.calls[0]
	deliver := c.take
	c.take = func(answer jsonrpc.Message) {
		if answer.Error == nil || lacksMethod(answer.Error) {
			s.link.learner.noteDiscover(answer.Error != nil)
		}
		deliver(answer)
	}
	c.lost = func(cause *refusal.Error) {
		if isOfServer(cause) {
			s.link.learner.noteDiscover(true)
		}
		s.client.Emit(undiscovered(cause).Answer(c.request))
	}
	if s.link.onStandby() {
		s.answerLocally(x, undiscovered(nil))
		return
	}
	go s.guarded(x, func() {
		if s.link.standby.LacksDiscover(x.ctx) {
			s.inbound.fail(x, undiscovered(nil))
			s.retire(x)
			return
		}
		x.clock.start(s.timeouts.connect, func() { x.cancel(errDeadline) })
		defer x.clock.stop()
		s.inbound.fail(x, s.sender.attempt(x, streamable.Conversation{Version: x.era}))
		s.retire(x)
	})
}

// lacksMethod reports whether an error says that the server has no server/discover:
// that there is no such method, or that there is no session yet, as servers of the old
// era say. Any other error is about what the request holds.
func lacksMethod(e []byte) bool {
	switch string(jsonrpc.Value(e, "code")) {
	case "-32601", "-32600", "-32000":
		return true
	}
	return false
}

// isOfServer reports whether a refusal of server/discover is the server's own word, which
// knows no such method, and nobody's on the way.
func isOfServer(cause *refusal.Error) bool {
	switch cause.Data.Reason {
	case refusal.UpstreamNotFound:
		return true
	case refusal.UpstreamError:
		return cause.Data.HTTPStatus >= http.StatusBadRequest && cause.Data.HTTPStatus < http.StatusInternalServerError
	}
	return false
}
