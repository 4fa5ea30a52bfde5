package gateway

import (
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"ucbridge/bridge/govern"
	"ucbridge/bridge/streamable"
)

// The sizes of the pieces in which answers are copied: an event stream is silent
// for most of its life, and there may be ten thousand of them.
const (
	smallPiece = 4 << 10
	largePiece = 64 << 10
)

var (
	smallPieces = sync.Pool{New: func() any { return new(make([]byte, smallPiece)) }}
	largePieces = sync.Pool{New: func() any { return new(make([]byte, largePiece)) }}
)

// answer writes a whole answer.
func (x *exchange) answer(status int, body []byte) {
	x.w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	x.begin(status)
	if len(body) > 0 {
		_ = x.write(body, false) // the caller is gone, and needs no answer
	}
}

func (x *exchange) begin(status int) {
	x.status = status
	x.w.WriteHeader(status)
}

// pass passes an answer of the MCP server on, with its status and MCP's headers.
// An answer that breaks off breaks off for the caller too.
func (x *exchange) pass(resp *http.Response) {
	if x.filter != nil {
		about := x.message
		if x.r.Method == http.MethodGet && x.origin != nil {
			about = x.origin.requests
		}
		x.filter.Traced(about, govern.Trace(streamable.TraceOf(resp.Header)))
		x.passReviewed(resp)
		return
	}
	defer resp.Body.Close()
	x.copyHeader(resp)
	if resp.ContentLength >= 0 {
		x.w.Header().Set("Content-Length", strconv.FormatInt(resp.ContentLength, 10))
	}
	x.begin(resp.StatusCode)
	x.cut(x.copy(resp))
}

// cut ends the connection in the middle of an answer that broke off. A stream
// that the gateway's own end ends is whole.
func (x *exchange) cut(err error) {
	if err != nil && !(x.stream && x.g.draining.Err() != nil) {
		panic(http.ErrAbortHandler)
	}
}

// copyHeader takes over the headers that are MCP's, or say how to read the body.
func (x *exchange) copyHeader(resp *http.Response) {
	h := x.w.Header()
	for name, values := range resp.Header {
		if name == "Content-Type" || name == "Cache-Control" || name == "Retry-After" || name == "Allow" || strings.HasPrefix(name, "Mcp-") {
			h[name] = values
		}
	}
	if isEventStream(resp) {
		h.Set("X-Accel-Buffering", "no") // nginx would keep events back
	}
}

// copy copies a body. What comes without a length is passed on piece by piece as
// it comes, so that no event waits for the next.
func (x *exchange) copy(resp *http.Response) error {
	streams := resp.ContentLength < 0
	if streams {
		if err := x.flush(); err != nil { // the headers
			return err
		}
	}
	pool := &smallPieces
	if resp.ContentLength > smallPiece {
		pool = &largePieces
	}
	piece := pool.Get().(*[]byte)
	defer func() { pool.Put(piece) }()
	for {
		n, err := resp.Body.Read(*piece)
		if n > 0 {
			if err := x.write((*piece)[:n], streams); err != nil {
				return err
			}
		}
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return err
		}
		// A full piece is followed by more: of a stream, only while it lasts.
		if want := wanted(pool, n, streams); want != pool {
			pool.Put(piece)
			pool, piece = want, want.Get().(*[]byte)
		}
	}
}

func wanted(pool *sync.Pool, n int, streams bool) *sync.Pool {
	switch {
	case n == smallPiece && pool == &smallPieces:
		return &largePieces
	case n < smallPiece && streams:
		return &smallPieces
	}
	return pool
}

// write writes a piece. A client that does not take it in is cut off.
func (x *exchange) write(piece []byte, flush bool) error {
	x.sent += int64(len(piece))
	_ = x.wire.SetWriteDeadline(time.Now().Add(x.g.opts.writeTimeout)) // every connection of net/http has deadlines
	_, err := x.w.Write(piece)
	if err == nil && flush {
		err = x.wire.Flush()
	}
	// On HTTP/2 a deadline that passes ends the stream, idle or not.
	_ = x.wire.SetWriteDeadline(time.Time{})
	return err
}

func (x *exchange) flush() error { return x.write(nil, true) }
