package network

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"strings"
	"sync/atomic"
	"syscall"

	"ucbridge/bridge/requesttrace"
)

// Send sends req once. Where that does not work the error says whether the
// request can have been executed. It is that of the request's context where that has
// ended, unless a proxy is what the request waited for.
func Send(via http.RoundTripper, req *http.Request) (*http.Response, error) {
	if t, bare := via.(*http.Transport); bare {
		via = poolOf(t)
	}
	resp, err := via.RoundTrip(req)
	if err == nil {
		return resp, nil
	}
	failed, traced := errors.AsType[*sendError](err)
	switch {
	case traced && failed.silent != nil:
	case req.Context().Err() != nil:
		return nil, req.Context().Err()
	case traced && failed.connected:
		return nil, fmt.Errorf("%w: %w", cut(req, err), err)
	}
	return nil, fmt.Errorf("%w: %w", Unreachable(req.URL, err), err)
}

// sendError is the failure of a request, and how far that had come.
type sendError struct {
	connected bool        // there was a connection for it
	silent    *ProxyError // the proxy that it waited for, nil for none
	err       error
}

func (e *sendError) Error() string { return e.err.Error() }

func (e *sendError) Unwrap() []error {
	if e.silent != nil {
		return []error{e.silent, e.err}
	}
	return []error{e.err}
}

// sendBy sends req by t; its error is a *sendError.
func sendBy(t *http.Transport, req *http.Request) (*http.Response, error) {
	w := &way{}
	traced := httptrace.WithClientTrace(req.Context(), w.follow(requesttrace.Written(req.Context())))
	resp, err := t.RoundTrip(req.WithContext(traced))
	if err != nil {
		return nil, &sendError{connected: w.connected.Load(), silent: w.silentProxy(t, req, err), err: err}
	}
	return resp, nil
}

// way is how far a request has come. The transport asks for a connection again only
// where it is certain that nothing of the request was taken, so each asking starts
// from nothing.
type way struct {
	connected  atomic.Bool  // there is a connection for the request
	dialled    atomic.Bool  // somebody has accepted a connection
	handshakes atomic.Int32 // of TLS, begun since
	trace      httptrace.ClientTrace
}

// follow returns the trace by which w learns of the request; written is called when that
// has been written, if it is not nil.
func (w *way) follow(written func()) *httptrace.ClientTrace {
	w.trace = httptrace.ClientTrace{
		GetConn: func(string) { w.connected.Store(false) },
		GotConn: func(httptrace.GotConnInfo) { w.connected.Store(true) },
		ConnectDone: func(_, _ string, err error) {
			w.handshakes.Store(0)
			w.dialled.Store(err == nil)
		},
		TLSHandshakeStart: func() { w.handshakes.Add(1) },
	}
	if written != nil {
		w.trace.WroteRequest = func(httptrace.WroteRequestInfo) { written() }
	}
	return &w.trace
}

// silentProxy returns the fault of a proxy that has accepted a connection and has not
// opened the way, so that the handshake with the workspace has not begun; nil where
// that is not what the request waited for.
func (w *way) silentProxy(t *http.Transport, req *http.Request, err error) *ProxyError {
	if w.connected.Load() || !w.dialled.Load() || req.Context().Err() == nil && !isSilence(err) || t.Proxy == nil || req.URL.Scheme != "https" {
		return nil
	}
	proxy, unknown := t.Proxy(req)
	if proxy == nil || unknown != nil {
		return nil
	}
	own := int32(0) // handshakes with the proxy itself
	if strings.EqualFold(proxy.Scheme, "https") {
		own = 1
	}
	if w.handshakes.Load() > own {
		return nil
	}
	return &ProxyError{Proxy: proxy.Host}
}

// isSilence reports whether err is the end of a wait, by a limit of the transport's or by
// the other side.
func isSilence(err error) bool {
	for _, end := range []error{context.DeadlineExceeded, io.EOF, io.ErrUnexpectedEOF, syscall.ECONNRESET} {
		if errors.Is(err, end) {
			return true
		}
	}
	return false
}

// Drop reads what little is left of an answer that nobody wants, so that the
// connection serves the next request, and closes it.
func Drop(resp *http.Response) {
	_, _ = io.CopyN(io.Discard, resp.Body, 64<<10) // at worst the connection is not used again
	_ = resp.Body.Close()
}
