// Package inprocess carries HTTP requests to a handler of this process, as if it were
// another's.
package inprocess

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"runtime/debug"
	"sync"
)

// Transport is an [http.RoundTripper] that streams: the answer begins when the handler
// begins it. It is safe for concurrent use where the handler is.
type Transport struct {
	Handler http.HandlerFunc
	Log     *slog.Logger
}

// RoundTrip hands a request to the handler. There is always an answer.
func (t Transport) RoundTrip(req *http.Request) (*http.Response, error) {
	ctx, cancel := context.WithCancel(req.Context())
	read, pipe := io.Pipe()
	w := &writer{header: make(http.Header), began: make(chan struct{}), ended: make(chan struct{}), body: pipe}
	go func() {
		defer close(w.ended)
		w.finish(t.Log, func() { t.Handler(w, req.WithContext(ctx)) })
	}()
	<-w.began // the handler ends with its context, and begins an answer before
	return &http.Response{
		StatusCode: w.status, Header: w.sent, ContentLength: -1, Request: req,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Body: body{read, func() { cancel(); <-w.ended }},
	}, nil
}

// body ends the handler when it is closed.
type body struct {
	*io.PipeReader
	end func()
}

func (b body) Close() error {
	err := b.PipeReader.Close()
	b.end()
	return err
}

// writer is the http.ResponseWriter of the handler.
type writer struct {
	header, sent http.Header
	status       int // with sent, may be read once began is closed
	once         sync.Once
	began, ended chan struct{}
	body         *io.PipeWriter
}

func (w *writer) Header() http.Header { return w.header }

func (w *writer) WriteHeader(status int) {
	w.once.Do(func() {
		w.status, w.sent = status, w.header.Clone()
		close(w.began)
	})
}

func (w *writer) Write(p []byte) (int, error) {
	w.WriteHeader(http.StatusOK)
	return w.body.Write(p)
}

// Flush begins the answer. What was written has arrived already.
func (w *writer) Flush() { w.WriteHeader(http.StatusOK) }

var errAborted = errors.New("the answer was broken off")

// finish runs the handler and ends the answer. http.ErrAbortHandler means to it
// what it means to a server: the answer has no end. So does any other panic, which
// is a fault of ours, and the end of this answer alone.
func (w *writer) finish(log *slog.Logger, handle func()) {
	defer func() {
		fault := recover()
		if fault == nil {
			w.WriteHeader(http.StatusOK)
			w.body.Close()
			return
		}
		if fault != http.ErrAbortHandler {
			log.Error("panic", "fault", fault, "stack", string(debug.Stack()))
		}
		w.body.CloseWithError(errAborted)
		w.WriteHeader(http.StatusBadGateway)
	}()
	handle()
}
