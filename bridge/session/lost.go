package session

import (
	"errors"
	"net/http"
	"strconv"

	"ucbridge/bridge/jsonrpc"
	"ucbridge/bridge/lazyregexp"
	"ucbridge/bridge/mcp"
	"ucbridge/bridge/streamable"
)

// A server that was restarted, or that has dropped an idle session, refuses what
// comes in it. MCP wants 404 for that (2025-11-25, Transports, "Session
// Management"); what servers do is this:
//
//	status  JSON-RPC code            words    seen on
//	404     none, any but -32601     any      the SDKs in TypeScript, Python, Go; many frameworks as text
//	410     none, any                any      session stores that know what has expired
//	400     -32022                   any      another server stands there now, of other revisions
//	400     -32000, -32001           session  server-everything and what was made after its example
//	400     none, any                lost     Python frameworks: -32600 "Session not found", -32602 "Invalid or expired session"
//	401     none, any                lost     fastmcp for Node.js, which looks for the session where it authenticates
//	200     -32001, -30001           lost     servers behind a proxy that turns every status into 200
//
// In each case the server says that it knows no such session, and so has not
// executed the request: a tools/call may be sent again, in a new session. That holds
// for the first message of an answer alone; one that follows others comes from a
// server that had begun, and only the calls after it get a new session.

var (
	// namesSession matches words about a session of a message whose code means that
	// something is wrong with it. A TypeScript server with one transport, restarted,
	// says that it is not initialized.
	namesSession = lazyregexp.New(`(?i)session|not initialized`)
	// saysLost matches words that mean nothing else: "Session abc not found",
	// "Invalid or expired session", but not "Invalid session configuration".
	saysLost = lazyregexp.New(`(?i)\bsession([ _-]?id)?\b[^.;,]{0,60}\b(not found|not exist|doesn't exist|unknown|invalid|expired|terminated|closed|missing|required)\b` +
		`|\b(no|invalid|unknown|expired|missing)( valid| active| such| or expired| or unknown| mcp)*[ -](mcp-)?session([ _-]?id)?( provided| header)?\s*($|[^\w\s])` +
		`|\bserver not initialized\b`)
	// namesArgument matches the name of an argument, as a server spells it that misses
	// one, or does not like its value. The session of the transport is in a header.
	namesArgument = lazyregexp.New(`\bsession_?[iI][dD]\b`)
)

// disowns reports whether a response with that HTTP status says that the server does
// not know the session of the request.
func disowns(status int, m jsonrpc.Message) bool {
	if m.Error == nil {
		return false
	}
	code, words := string(jsonrpc.Value(m.Error, "code")), jsonrpc.Text(m.Error, "message")
	switch status {
	case http.StatusNotFound:
		return code != strconv.Itoa(jsonrpc.CodeMethodNotFound)
	case http.StatusGone:
		return true
	case http.StatusBadRequest:
		if code == strconv.Itoa(mcp.CodeInvalidParams) && namesArgument.MatchString(words) {
			return false
		}
		return code == strconv.Itoa(mcp.CodeUnsupportedRevision) ||
			(code == "-32000" || code == "-32001") && namesSession.MatchString(words) ||
			saysLost.MatchString(words)
	case http.StatusUnauthorized:
		return saysLost.MatchString(words)
	case http.StatusOK:
		return (code == "-32001" || code == "-30001") && saysLost.MatchString(words)
	}
	return false
}

// disownsInText is disowns for a body that is no JSON-RPC message.
func disownsInText(status int, body string) bool {
	switch status {
	case http.StatusNotFound, http.StatusGone:
		return true
	case http.StatusBadRequest:
		return namesSession.MatchString(body)
	case http.StatusUnauthorized:
		return saysLost.MatchString(body)
	}
	return false
}

// sessionLost says that the server does not know the session of a request, which
// it therefore has not executed.
type sessionLost struct{ answer jsonrpc.Message }

func (e *sessionLost) Error() string { return "the server has lost the session" }

// isLoss recognises a loss in the error of sender.attempt, or of a stream that the
// server refuses. A refusal that Transport has worded quotes what it is made of.
func isLoss(err error, conv streamable.Conversation) bool {
	if _, ok := errors.AsType[*sessionLost](err); ok {
		return true
	}
	if conv.Session == "" {
		return false
	}
	if status, ok := errors.AsType[*streamable.StatusError](err); ok {
		return disownsInText(status.Status, status.Body)
	}
	e := asError(err)
	return e != nil && e.Data.HTTPStatus == http.StatusUnauthorized && saysLost.MatchString(e.Data.Detail)
}
