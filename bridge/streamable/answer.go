package streamable

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"net/http"
	"sync/atomic"
	"time"

	"ucbridge/bridge/jsonrpc"
	"ucbridge/bridge/refusal"
)

// Answer is what comes back for one POST: nothing but an acknowledgement, one
// JSON body, or a stream of events.
type Answer struct {
	// Status is the HTTP status.
	Status int
	// Session is the session that the server opened with this answer, "" where
	// it opened none.
	Session string
	// Trace is what the exchange is known by elsewhere.
	Trace Trace

	messages iter.Seq2[jsonrpc.Message, error] // in place of what came over HTTP
	closing  func()

	ctx     context.Context
	client  *Client
	conv    Conversation
	final   bool
	resp    *http.Response
	settled atomic.Bool
	lent    []byte // the memory of the message that was yielded last
	whole   bool   // all of a body of known length has come, but not the word that it ends
}

func (c *Client) answer(ctx context.Context, p Post, resp *http.Response) *Answer {
	return &Answer{
		Status:  resp.StatusCode,
		Session: resp.Header.Get(headerSession),
		Trace:   TraceOf(resp.Header),
		ctx:     ctx, client: c, conv: p.Conversation, final: p.Final, resp: resp,
	}
}

// Compose returns an answer that somebody between the Client and its user makes up:
// the messages are yielded as they are, and closing, if set, is called by Close.
func Compose(status int, messages iter.Seq2[jsonrpc.Message, error], closing func()) *Answer {
	return &Answer{Status: status, messages: messages, closing: closing}
}

// Intercept puts f between the messages of the answer and their reader.
func (a *Answer) Intercept(f func(iter.Seq2[jsonrpc.Message, error]) iter.Seq2[jsonrpc.Message, error]) {
	a.messages = f(a.Messages())
}

// Release says that nobody holds anything of the message which Messages has yielded last:
// its memory serves a later answer. It is called while that message is looked at, and
// once. Where it is not called, the memory is the collector's.
func (a *Answer) Release() {
	if a.messages == nil { // somebody between may hold the message
		a.client.memory().give(a.lent)
	}
	a.lent = nil
}

// Streams reports whether the answer is an event stream.
func (a *Answer) Streams() bool {
	return a.resp != nil && mediaType(a.resp.Header) == "text/event-stream"
}

// RetryAfter is the wait that the server asks for, 0 where it asks for none.
func (a *Answer) RetryAfter() time.Duration {
	if a.resp == nil {
		return 0
	}
	return refusal.RetryAfter(a.resp.Header)
}

// Settle says that every response that was due has come, so that the end of the
// stream is now an end and no longer a loss.
func (a *Answer) Settle() { a.settled.Store(true) }

// Close releases the connection. A stream that is still open is cut.
func (a *Answer) Close() {
	if a.resp != nil {
		// HTTP/2 may tell the end in a frame of its own. A stream that is closed before
		// that is reset: that takes a frame, too, and there are servers that end the
		// connection of a client which often does it.
		if a.whole {
			a.client.endings.await(a)
		}
		a.resp.Body.Close()
	}
	if a.closing != nil {
		a.closing()
	}
}

// finishTimeout bounds the wait for the end of a stream whose response has come.
const finishTimeout = time.Second

// Finish closes an answer that has nothing more to say. It lets a stream that ends
// with its response come to that end, for a second at most: a connection that is cut
// cannot be used again.
func (a *Answer) Finish() {
	if a.resp != nil {
		timer := time.AfterFunc(finishTimeout, func() { a.resp.Body.Close() })
		defer timer.Stop()
		_, _ = io.Copy(io.Discard, io.LimitReader(a.resp.Body, excerptSize))
	}
	a.Close()
}

// CutError says that a stream ended before it had to: the request was delivered,
// and may have been executed.
type CutError struct{ Err error }

func (e *CutError) Error() string { return "reading answer: stream ended early: " + e.Err.Error() }
func (e *CutError) Unwrap() error { return e.Err }

// TooLargeError says that the server sent a message beyond the limit, in bytes.
type TooLargeError struct{ Limit int64 }

func (e *TooLargeError) Error() string {
	return fmt.Sprintf("reading answer: a message of more than %d bytes", e.Limit)
}

// Messages yields the messages of the answer in the order they arrive, until the
// stream ends. An event stream that ends early is resumed with Last-Event-ID
// where the server gave event ids; what cannot be resumed yields one error, and
// so does an answer that is no message. An acknowledgement (202, 204) yields
// nothing.
func (a *Answer) Messages() iter.Seq2[jsonrpc.Message, error] {
	if a.messages != nil {
		return a.messages
	}
	return func(yield func(jsonrpc.Message, error) bool) {
		switch {
		case a.Status == http.StatusAccepted || a.Status == http.StatusNoContent:
			_, _ = io.Copy(io.Discard, io.LimitReader(a.resp.Body, excerptSize)) // lets the connection be used again
		case a.Streams():
			a.stream(yield)
		default:
			yield(a.body())
		}
	}
}

// body reads an answer that is not a stream. A JSON-RPC message counts at any
// status: an upstream's own error must reach the client as it is.
func (a *Answer) body() (jsonrpc.Message, error) {
	if a.resp.ContentLength > a.client.MaxMessage {
		return jsonrpc.Message{}, &TooLargeError{Limit: a.client.MaxMessage}
	}
	r := &bodyReader{body: a.resp.Body, length: a.resp.ContentLength, max: a.client.MaxMessage, memory: a.client.memory()}
	m, err := r.parse()
	raw, fault := r.all()
	a.lent, a.whole = raw, fault == nil && !r.ended
	if fault != nil {
		if _, large := errors.AsType[*TooLargeError](fault); !large {
			fault = cut(a.ctx, fault)
		}
		return jsonrpc.Message{}, fault
	}
	if len(bytes.TrimSpace(raw)) == 0 {
		return jsonrpc.Message{}, NewStatusError(a.client.RoundTripper, a.resp, nil)
	}
	m, err = a.client.disown(parsed(raw, m, err))
	if err == nil && (a.Status < 300 || m.IsResponse()) {
		return m, nil
	}
	// A body that begins like JSON and does not end like it was cut.
	if errors.Is(err, io.ErrUnexpectedEOF) && a.Status < 300 {
		return jsonrpc.Message{}, &CutError{Err: err}
	}
	return jsonrpc.Message{}, NewStatusError(a.client.RoundTripper, a.resp, raw)
}

// stream yields the messages of an event stream and of what resumes it.
func (a *Answer) stream(yield func(jsonrpc.Message, error) bool) {
	r := &resumer{client: a.client, conv: a.conv, lent: &a.lent}
	for body, first := a.resp.Body, true; ; first = false {
		again, end := r.drain(body, yield)
		if !again && first { // left to Close, or to Finish, which reads on
			return
		}
		body.Close()
		if !again || a.settled.Load() {
			return
		}
		if a.final {
			yield(jsonrpc.Message{}, cut(a.ctx, end))
			return
		}
		next, err := r.reopen(a.ctx, end)
		if err != nil {
			yield(jsonrpc.Message{}, err)
			return
		}
		body = next.Body
	}
}
