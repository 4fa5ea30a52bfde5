package session

import (
	"errors"
	"io"
	"net/http"
	"time"

	"ucbridge/bridge/jsonrpc"
	"ucbridge/bridge/mcp"
	"ucbridge/bridge/refusal"
	"ucbridge/bridge/streamable"
)

// receiver takes the messages of one answer.
type receiver struct {
	sender    *sender
	x         *exchange
	answer    *streamable.Answer
	from      origin
	inSession bool // the exchange was sent in a session
	began     bool // a message has come
	// unreadable is why the last message that could not be read is none.
	unreadable error
	// linger ends a stream that stays open after its last answer, nil before that.
	linger *time.Timer
}

// take takes the next message, or what came in its place. over says that nothing more is
// read, and fault why requests are left without an answer.
func (r *receiver) take(m jsonrpc.Message, err error) (over bool, fault error) {
	x := r.x
	x.idle.again()
	if err == nil {
		x.heard()
	}
	switch {
	case isMalformed(err):
		r.sender.life.log.Warn("dropping a message of the server that is not JSON-RPC", "err", err)
		r.unreadable = err
		if x.waitsFor(err) {
			return true, err
		}
	case r.unreadable != nil && errors.Is(err, io.EOF):
		return true, r.unreadable // the stream ended after what should have been the answer
	case err != nil:
		return true, err
	case x.era != "" && x.gone():
		return true, errCancelled
	default:
		if err := r.hand(m); err != nil {
			return true, err
		}
	}
	r.began = true
	r.letGo()
	return false, nil
}

// hand gives a message to the client, or says why it is no answer of the server's.
func (r *receiver) hand(m jsonrpc.Message) error {
	x, status := r.x, r.answer.Status
	disowned := r.inSession && disowns(status, m)
	switch {
	case disowned && !r.began:
		return &sessionLost{answer: m}
	case disowned && x.disowned != nil:
		x.disowned() // before the client reads the answer, and calls again
	case x.isMismatch(status, m):
		return &headerMismatch{answer: m}
	case r.from.refusal && x.isTurnedAway(status, m):
		return turnedAway(r.answer, m)
	}
	if r.sender.inbound.deliver(m, r.from) {
		r.answer.Release()
	}
	return nil
}

// letGo gives up what an exchange needs no more when its requests have their answers.
func (r *receiver) letGo() {
	x := r.x
	if len(x.strays) > 0 && len(x.calls) == 1 {
		r.answer.Settle() // the end of the stream is the end: no other response is due
	}
	if x.open.Load() > 0 {
		return
	}
	x.release()
	x.clock.stop()
	x.idle.stop()
	if r.linger == nil && r.answer.Streams() {
		r.answer.Settle()
		r.linger = time.AfterFunc(afterAnswer, func() { x.cancel(errSettled) })
	}
}

// stop ends what take has begun.
func (r *receiver) stop() {
	if r.linger != nil {
		r.linger.Stop()
	}
}

// waitsFor reports whether err is about what should have been the one response to x.
func (x *exchange) waitsFor(err error) bool {
	faulty, ok := errors.AsType[*jsonrpc.EnvelopeError](err)
	return ok && faulty.Answered != nil && len(x.calls) == 1 && x.match(faulty.Answered, false) != nil
}

// isTurnedAway reports whether an error with an HTTP status of failure comes from what
// stands before the server, which knows no ids: it says who may come in and when. To
// initialize such a word is no answer at all, whatever its id: the client would give
// the server up.
func (x *exchange) isTurnedAway(status int, m jsonrpc.Message) bool {
	if m.Error == nil || len(x.calls) != 1 {
		return false
	}
	foreign := x.match(m.ID, false) == nil
	if !foreign && (x.message.Method != mcp.Initialize || x.era != "") {
		return false
	}
	switch status {
	case http.StatusUnauthorized, http.StatusForbidden, http.StatusTooManyRequests, http.StatusServiceUnavailable:
		return true
	}
	return false
}

// turnedAway is the failure that the same status would be without a JSON-RPC body.
func turnedAway(answer *streamable.Answer, m jsonrpc.Message) error {
	var e *refusal.Error
	switch answer.Status {
	case http.StatusTooManyRequests:
		e = refusal.New(refusal.RateLimited, "The MCP server takes no more requests for now (HTTP 429).")
	case http.StatusServiceUnavailable:
		e = refusal.New(refusal.WorkspaceUnavailable, "The MCP server is not available right now (HTTP 503).")
	default:
		return answer.Refused(jsonrpc.Text(m.Error, "message"))
	}
	e.Data.HTTPStatus, e.Data.RetryAfter = answer.Status, answer.RetryAfter()
	e.WithHint("try again %s", waitText(e.Data.RetryAfter))
	return detailed(e, jsonrpc.Text(m.Error, "message"))
}
