// Package requesttrace tells whoever makes a request what its sender knows of it. The
// sender has an [net/http/httptrace] of its own, and a second one costs each request
// about as much as the rest of its preparation.
package requesttrace

import "context"

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
