package gateway

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"strconv"
	"time"

	"ucbridge/bridge/jsonrpc"
	"ucbridge/bridge/mcp"
	"ucbridge/bridge/refusal"
)

// fail answers a request that was not carried out.
func (x *exchange) fail(ctx context.Context, err error) {
	switch {
	case errors.Is(context.Cause(ctx), errNoAnswer):
		x.refuse(refusal.New(refusal.CallTimeout, "No answer within %s.%s", x.g.opts.CallTimeout, ran(x.message)))
	case x.r.Context().Err() != nil:
		x.out.abandon(statusGone)
		panic(http.ErrAbortHandler)
	case x.stream && x.g.draining.Err() != nil:
		x.refuse(refusal.New(refusal.GatewayDraining, "This gateway is shutting down.").WithHint("connect again"))
	case ran(x.message) == "":
		x.refuse(worded(err).Unwarned()) // who worded it does not know what was sent
	default:
		x.refuse(worded(err))
	}
}

// ran is the warning for a message that may have done something.
func ran(m jsonrpc.Message) string {
	for _, one := range mcp.Requests(m) {
		if one.Method == mcp.CallTool {
			return " " + refusal.CheckFirst
		}
	}
	return ""
}

// statusGone marks, in the log, a request whose caller did not wait.
const statusGone = 499

// statusOf is the HTTP status of a refusal. Where a request has been read and let
// in, the refusal is its response, as a server behind would send it: 200. Not
// every client reads the body of another status (the Python SDK shows none, and
// takes 404 for the end of the session), and a load balancer may send a request
// again on a 502 that can have been executed.
func (x *exchange) statusOf(reason refusal.Reason) int {
	status := reason.Status()
	if status == http.StatusUnauthorized && !x.g.opts.Auth.TakesTokens() && x.g.opts.Auth.opens(x.r) {
		status = http.StatusBadGateway // the credentials are the gateway's, and the caller cannot sign in
	}
	switch {
	case status == http.StatusUnauthorized, status == http.StatusTooManyRequests: // clients go by these
	case reason == refusal.MissingScope && x.g.opts.Auth.signsInForScopes(): // and sign in for them
	default:
		// MCP wants -32020 under 400 (2026-07-28, Transports, "Server Validation").
		if x.entered && mcp.Requests(x.message) != nil && reason != refusal.GatewayDraining && reason != refusal.HeaderMismatch {
			return http.StatusOK
		}
	}
	return status
}

// refuse answers in the gateway's own words: to a POST as a JSON-RPC error, to
// anything else as a status and a line of text.
func (x *exchange) refuse(e *refusal.Error) { x.refuseUnder(x.statusOf(e.Data.Reason), e) }

func (x *exchange) refuseUnder(status int, e *refusal.Error) {
	x.reason = e.Data.Reason
	h := x.out.header()
	if status == http.StatusUnauthorized || e.Data.Reason == refusal.MissingScope && x.g.opts.Auth.signsInForScopes() {
		x.challenge(status, e)
	}
	if wait := e.Data.RetryAfter; wait > 0 {
		h.Set("Retry-After", strconv.Itoa(int((wait+time.Second-1)/time.Second)))
	}
	if x.r.Method != http.MethodPost {
		h.Set("Content-Type", "text/plain; charset=utf-8")
		x.out.whole(status, []byte(e.Error()+"\n"))
		return
	}
	h.Set("Content-Type", "application/json")
	body := x.errorBody(e)
	if x.filter != nil {
		if m, err := jsonrpc.Parse(body); err == nil {
			body = x.filter.Pass(m) // which records it
		}
	}
	x.out.whole(status, body)
}

// errorBody is the JSON-RPC answer: one error to a request, as many as there are
// requests to a batch. A refusal that comes before the message was read looks
// into it for the id, if it is not large.
func (x *exchange) errorBody(e *refusal.Error) []byte {
	const small = 64 << 10
	if x.message.Raw == nil && x.message.ID == nil && x.r.ContentLength > 0 && x.r.ContentLength <= small {
		if raw, unreadable := x.read(small); unreadable == nil {
			x.message, _ = refusal.Body.Parse(raw)
		}
	}
	if x.message.Batch == nil {
		return e.Response(x.message.ID)
	}
	var all [][]byte
	for _, m := range mcp.Requests(x.message) {
		all = append(all, e.Response(m.ID))
	}
	if all == nil {
		return e.Response(nil)
	}
	return append(append([]byte{'['}, bytes.Join(all, []byte{','})...), ']')
}

// refuseMalformed refuses what is no message. Where it was to answer a question of the
// server's, which waits for it, the server gets an error first.
func (x *exchange) refuseMalformed(raw []byte, refused *refusal.Error) {
	answer, ok := refusal.InsteadOfAnswer(raw)
	if !ok || x.session.foreign {
		x.refuse(refused)
		return
	}
	ctx, answered := x.g.untilAnswered(x.r.Context(), &x.timeout)
	defer answered()
	malformed := x.message
	x.message = answer
	if !x.govern(ctx) {
		return
	}
	resp, err := x.send(ctx, x.message.Raw)
	if rerouted(err) {
		resp, err = x.send(ctx, x.message.Raw)
	}
	if err == nil { // else the server cannot be told
		_ = resp.Body.Close() // what it says to that is for nobody
	}
	x.message = malformed
	x.refuse(refused)
}

func (x *exchange) refuseMethod(allowed string) {
	x.out.header().Set("Allow", allowed)
	x.out.whole(http.StatusMethodNotAllowed, nil)
}
