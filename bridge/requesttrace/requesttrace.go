// Package requesttrace tells whoever makes a request what its sender knows of it. The
// sender has an [net/http/httptrace] of its own, and a second one costs each request
// about as much as the rest of its preparation.
package requesttrace

import (
	"context"
	"errors"
	"net"
	"os"
	"strings"
)

type writtenKey struct{}

// WithWritten returns the context for a request whose sender calls f when the request
// has been written to the network. f may be called again, from any goroutine, and not
// at all where nothing was written.
func WithWritten(ctx context.Context, f func()) context.Context {
	return context.WithValue(ctx, writtenKey{}, f)
}

// Written returns the f of [WithWritten], nil for none.
func Written(ctx context.Context) func() {
	f, _ := ctx.Value(writtenKey{}).(func())
	return f
}

// Dead reports whether err says that a connection was given up, since the other side
// acknowledged nothing any more: by the system, or by a ping of HTTP/2 without an
// answer. A deadline that was set here is another thing.
func Dead(err error) bool {
	if err == nil {
		return false
	}
	timeout, ok := errors.AsType[net.Error](err)
	return ok && timeout.Timeout() && !errors.Is(err, os.ErrDeadlineExceeded) && !errors.Is(err, context.DeadlineExceeded) ||
		strings.Contains(err.Error(), "http2: client connection lost") // net/http does not export it
}
