package gateway

import (
	"context"

	"ucbridge/bridge/jsonrpc"
)

// Governor decides what may pass. It is called concurrently.
type Governor interface {
	// Begin judges a message of the caller before it goes on to what is served at
	// path; an error refuses it, and is the answer. For the GET stream of a
	// session the message is empty. The Review sees the messages that come back,
	// one by one and in order; nil lets them pass as they are.
	Begin(ctx context.Context, c Caller, path string, m jsonrpc.Message) (Review, *jsonrpc.Error)
}

// Review returns the bytes that go to the caller in place of a message of the
// server: the message's own, or others, or nil for none at all.
type Review func(m jsonrpc.Message) []byte
