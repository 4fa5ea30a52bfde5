package session

import (
	"context"
	"errors"
	"fmt"

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
func (s *Session) modernHeaders(x *exchange) map[string]string {
	if x.era == "" {
		return nil
	}
	return s.headers.Of(x.message)
}

// admitTools notes what headers the listed tools ask for, and drops those that ask
// in an invalid way.
func (s *Session) admitTools(answer jsonrpc.Message) jsonrpc.Message {
	return s.headers.Admit(answer, s.dropTool)
}

// headerMismatch says that the server found headers missing that it wants for a
// tool (-32020, HTTP 400): it has not run the call.
type headerMismatch struct{ answer jsonrpc.Message }

func (e *headerMismatch) Error() string { return "the server wants other headers" }

func (x *exchange) isMismatch(status int, m jsonrpc.Message) bool {
	return x.era != "" && !x.relisted && x.message.Method == "tools/call" && streamable.IsMismatch(status, m)
}

// performModern performs a request of the new era. Where the server wants headers
// that were not sent, the tools are listed anew and the call is sent once more.
func (s *Session) performModern(x *exchange) error {
	conv := streamable.Conversation{Version: x.era}
	err := s.perform(x, conv)
	var mismatch *headerMismatch
	if !errors.As(err, &mismatch) {
		return err
	}
	x.relisted = true
	s.listTools(x)
	return s.perform(x, conv)
}

// listTools reads the schemas of all tools, for the call x.
func (s *Session) listTools(x *exchange) {
	meta := jsonrpc.Value(x.message.Params, "_meta")
	pages := mcp.Pages(func(cursor []byte) (result []byte, err error) {
		raw := fmt.Appendf(nil, `{"jsonrpc":"2.0","id":0,"method":"tools/list","params":{"_meta":%s}}`, meta)
		if cursor != nil {
			raw = jsonrpc.Set(raw, cursor, "params", "cursor")
		}
		page, err := s.privately(raw, jsonrpc.ID(`"ucbridge-list"`))
		if err != nil {
			return nil, err
		}
		page.era = x.era
		page.flights[0].take = func(answer jsonrpc.Message) {
			s.admitTools(answer)
			result = answer.Result
		}
		s.inPrivate(page, func() error { return s.perform(page, streamable.Conversation{Version: x.era}) })
		page.cancel(errSettled)
		return result, nil
	})
	for _, err := range pages {
		if err != nil {
			s.Log.Warn("listing tools for their headers", "err", err)
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
	f := x.flights[0]
	f.lost = func(cause *refusal.Error) { s.Emit(undiscovered(cause).Response(f.id)) }
	if s.currentPhase() == phaseStandby {
		s.answerLocally(x, undiscovered(nil))
		return
	}
	go func() {
		defer s.retire(x)
		defer s.survive(x)
		x.clock.start(s.ConnectTimeout, func() { x.cancel(errDeadline) })
		defer x.clock.stop()
		conv := streamable.Conversation{Version: x.era}
		s.fail(x, s.perform(x, conv))
	}()
}

// gone reports whether the client has cancelled x, so that nothing of it matters.
func (x *exchange) gone() bool { return errors.Is(context.Cause(x.ctx), errCancelled) }
