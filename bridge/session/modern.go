package session

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/mark3labs/mcp-go/mcp"

	"ucbridge/bridge/jsonrpc"
	"ucbridge/bridge/refusal"
	"ucbridge/bridge/streamable"
)

// Revision 2026-07-28 has no handshake and no session: every request says in its
// own params._meta which revision it speaks, so the era is decided message by
// message, and both can alternate on one pipe. What is left to do falls on the
// bridge because it is the HTTP client: headers made from each message, from the
// tool's schema too (Transports, "Standard Request Headers"); a closed stream for
// a cancel; tools dropped whose header annotations are invalid.

// modernRevision returns the revision that a request of the new era speaks, ""
// for a request of the old one. A revision that no header can name is not of the
// new era, which wants it in a header.
func modernRevision(request jsonrpc.Message) string {
	// The common case, without a search in depth. Some JSON writers escape the slash.
	if !bytes.Contains(request.Params, []byte(`/protocolVersion"`)) {
		return ""
	}
	version := jsonrpc.Text(request.Params, "_meta", mcp.MetaKeyProtocolVersion)
	if !mcp.IsModernProtocol(version) || !fitsHeader(version) {
		return ""
	}
	return version
}

// fitsHeader reports whether a protocol revision can stand in a header.
func fitsHeader(version string) bool {
	return !strings.ContainsFunc(version, func(r rune) bool { return r <= ' ' || r >= 0x7f })
}

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

// mostPages bounds a listing of the bridge's own.
const mostPages = 100

// listTools reads the schemas of all tools, for the call x.
func (s *Session) listTools(x *exchange) {
	meta := jsonrpc.Value(x.message.Params, "_meta")
	cursor := []byte(nil)
	for range mostPages {
		raw := fmt.Appendf(nil, `{"jsonrpc":"2.0","id":0,"method":"tools/list","params":{"_meta":%s}}`, meta)
		if cursor != nil {
			raw = jsonrpc.Set(raw, cursor, "params", "cursor")
		}
		page, err := s.privately(raw, jsonrpc.ID(`"ucbridge-list"`))
		if err != nil {
			s.Log.Warn("listing tools for their headers", "err", err)
			return
		}
		page.era = x.era
		cursor = nil
		page.flights[0].take = func(answer jsonrpc.Message) {
			s.admitTools(answer)
			cursor = jsonrpc.Value(answer.Result, "nextCursor")
		}
		s.inPrivate(page, func() error { return s.perform(page, streamable.Conversation{Version: x.era}) })
		page.cancel(errSettled)
		if cursor == nil || string(cursor) == "null" {
			return
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
