package network

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"sync/atomic"
)

// Send sends req once. Where that does not work the error says whether the
// request can have been executed.
func Send(via http.RoundTripper, req *http.Request) (*http.Response, error) {
	// The transport asks for a connection again only where it is certain that
	// nothing of the request was taken, so each asking starts from nothing.
	var connected atomic.Bool
	trace := &httptrace.ClientTrace{
		GetConn: func(string) { connected.Store(false) },
		GotConn: func(httptrace.GotConnInfo) { connected.Store(true) },
	}
	resp, err := via.RoundTrip(req.WithContext(httptrace.WithClientTrace(req.Context(), trace)))
	switch {
	case err == nil:
		return resp, nil
	case req.Context().Err() != nil:
		return nil, req.Context().Err()
	case connected.Load():
		return nil, fmt.Errorf("%w: %w", cut(req.URL), err)
	}
	return nil, fmt.Errorf("%w: %w", Unreachable(req.URL, err), err)
}

// Drop reads what little is left of an answer that nobody wants, so that the
// connection serves the next request, and closes it.
func Drop(resp *http.Response) {
	_, _ = io.CopyN(io.Discard, resp.Body, 64<<10) // at worst the connection is not used again
	_ = resp.Body.Close()
}
