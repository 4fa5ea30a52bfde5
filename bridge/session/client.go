package session

import (
	"ucbridge/bridge/jsonrpc"
	"ucbridge/bridge/refusal"
	"ucbridge/bridge/streamable"
)

// Client is whom a Session serves. Its methods are called from many goroutines.
// Emit, Deliver and Reject may block while the client does not read; the others must not.
type Client interface {
	// Emit writes one message to the client.
	Emit(raw []byte)
	// Deliver writes a message of the server that passes as it came. It is Emit
	// for a message that was read already, with what is known of where it came
	// (jsonrpc.Message.Within). It reports whether the client holds nothing
	// of m any more, so that its memory may serve another message.
	Deliver(m jsonrpc.Message) (spent bool)
	// Reject writes a response that is the bridge's own, to a message that never became
	// an open request, or whose request cannot be answered in any other way. It is taken
	// for the answer to no request, whatever its id.
	Reject(raw []byte)
	// Traced says by what a message of the client that holds requests is known
	// elsewhere. It is called as soon as the answer begins.
	Traced(m jsonrpc.Message, t streamable.Trace)
	// Ended says that a message of the client that holds requests is over, answered
	// or not.
	Ended(m jsonrpc.Message)
	// Renewed says that a new session at the server has taken the place of the one
	// before, or of the standby: what the server had listed may have changed.
	Renewed()
	// Unreachable says why the server cannot be reached at the start. Where it
	// reports true, initialize gets that error and not the standby's answer.
	Unreachable(cause *refusal.Error) bool
}
