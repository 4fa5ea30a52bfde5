package refusal

import (
	"errors"
	"strings"

	"ucbridge/bridge/jsonrpc"
	"ucbridge/bridge/mcp"
)

// Carrier is what brings one message of a client, as the client knows it.
type Carrier string

const (
	Line Carrier = "line" // of stdin
	Body Carrier = "body" // of a POST
)

// Parse reads a message of a client, which may be an array of some. Where it is refused the
// message has nothing but the id, if one was found.
func (c Carrier) Parse(raw []byte) (jsonrpc.Message, *Error) {
	m, err := jsonrpc.Parse(raw)
	if err == nil {
		return m, nil
	}
	if syntax, ok := errors.AsType[*jsonrpc.SyntaxError](err); ok {
		return jsonrpc.Message{ID: syntax.ID}, malformed(jsonrpc.CodeParse, ParseError, "Parse error: the "+string(c)+" is not JSON.").quoting(syntax.Err)
	}
	refused := malformed(jsonrpc.CodeInvalidRequest, InvalidRequest, "Invalid Request: the "+string(c)+" is not a JSON-RPC message.")
	if envelope, ok := errors.AsType[*jsonrpc.EnvelopeError](err); ok {
		return jsonrpc.Message{ID: envelope.ID}, refused.quoting(envelope.Err)
	}
	return jsonrpc.Message{}, refused.quoting(err)
}

// InsteadOfAnswer returns the error that a server gets where what its client meant to
// answer with, such as a ping's result of null, is no message: the server waits.
func InsteadOfAnswer(raw []byte) (answer jsonrpc.Message, ok bool) {
	_, err := jsonrpc.Parse(raw)
	envelope, ok := errors.AsType[*jsonrpc.EnvelopeError](err)
	if !ok || envelope.Answered == nil {
		return jsonrpc.Message{}, false
	}
	e := New(InvalidRequest, "The client's answer is not a JSON-RPC message.")
	return jsonrpc.MustParse(e.Response(envelope.Answered)), true
}

// BatchRefused answers an array of messages in a revision that has none: all but
// 2025-03-26.
func (c Carrier) BatchRefused() *Error {
	return malformed(jsonrpc.CodeInvalidRequest, BatchNotAllowed, "A batch of messages is not part of the protocol revision in use.").
		WithHint("send one message per %s", string(c))
}

// InitializeInBatch answers an array of messages that has initialize in it, which must not
// be there (2025-03-26, Lifecycle, "Initialization").
func InitializeInBatch() *Error {
	return malformed(jsonrpc.CodeInvalidRequest, BatchNotAllowed, "initialize must not be part of a batch.")
}

// DuplicateRequest answers a request with the id of another that has no answer yet.
func DuplicateRequest() *Error {
	return malformed(jsonrpc.CodeInvalidRequest, DuplicateID, "A request with this id is already in flight.")
}

// NoSession answers a request for a session that is not there, or is not the caller's:
// under 404, by which a client is to know that it has to begin a new one.
func NoSession() *Error {
	return New(NotServed, "There is no such session of yours.").
		WithHint("begin a new one: send initialize without Mcp-Session-Id")
}

// UnknownLogLevel answers logging/setLevel with a level that MCP does not define.
func UnknownLogLevel() *Error {
	return malformed(mcp.CodeInvalidParams, InvalidLevel, "Unknown log level.").WithHint("one of %s", strings.Join(mcp.LogLevels, ", "))
}

// malformed is an Error with a code of JSON-RPC's.
func malformed(code int, reason Reason, message string) *Error {
	return &Error{Code: code, Message: message, Data: Data{Source: Source, Reason: reason}}
}

// quoting makes the text of an error about what a client sent the detail, and returns e.
func (e *Error) quoting(err error) *Error {
	e.Data.Detail = Quote(err.Error())
	return e
}
