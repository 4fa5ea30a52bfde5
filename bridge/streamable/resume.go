package streamable

import (
	"context"
	"errors"
	"io"
	"iter"
	"math/rand/v2"
	"net/http"
	"time"

	"ucbridge/bridge/jsonrpc"
)

const (
	// defaultRetry is the wait before a stream is reopened where the server
	// named none (WHATWG HTML leaves it to the client: "a few seconds").
	defaultRetry = time.Second
	// maxRetry bounds what a server may ask for.
	maxRetry = time.Minute
	// maxBarrenResumes is how many times in a row a stream may be reopened without
	// one new event before it counts as lost.
	maxBarrenResumes = 5
)

// resumer reads event streams that continue each other.
type resumer struct {
	client *Client
	conv   Conversation
	lastID string
	retry  time.Duration
	barren int
	lent   *[]byte // gets the memory of the message that is yielded
}

// drain yields the messages of one stream to its end. An event that the end cuts off
// counts if it is a whole response, for which somebody waits. It reports whether the
// consumer wants more, and how the stream ended: io.EOF or a cause.
func (r *resumer) drain(body io.Reader, yield func(jsonrpc.Message, error) bool) (bool, error) {
	events := newEventReader(body, r.lastID, r.client.MaxMessage, r.client.memory())
	for {
		ev, err := events.next()
		*r.lent = ev.data
		if events.retry > 0 {
			r.retry = min(events.retry, maxRetry)
		}
		if errors.Is(err, errEventTooLarge) {
			yield(jsonrpc.Message{}, &TooLargeError{Limit: r.client.MaxMessage})
			return false, nil
		}
		if errors.Is(err, io.EOF) && len(ev.data) > 0 {
			if m, faulty := r.client.disown(ev.message, ev.fault); faulty == nil && m.IsResponse() && !yield(m, nil) {
				return false, nil
			}
		}
		if err != nil {
			return true, err
		}
		r.lastID, r.barren = ev.id, 0
		if len(ev.data) == 0 { // a primer: it only gives the stream an id
			continue
		}
		if !yield(r.client.disown(ev.message, ev.fault)) {
			return false, nil
		}
	}
}

// reopen continues a stream that ended as end says, by GET with Last-Event-ID
// (2025-11-25, Transports, "Resumability and Redelivery": always by GET).
func (r *resumer) reopen(ctx context.Context, end error) (*http.Response, error) {
	if r.lastID == "" {
		return nil, cut(ctx, end)
	}
	for {
		if r.barren++; r.barren > maxBarrenResumes {
			return nil, cut(ctx, end)
		}
		if err := Sleep(ctx, r.wait()); err != nil {
			return nil, err
		}
		resp, err := r.client.get(ctx, r.conv, r.lastID)
		if err == nil {
			return resp, nil
		}
		if refused := (*StatusError)(nil); errors.As(err, &refused) && refused.final() {
			return nil, cut(ctx, end) // 404, 405: the server has forgotten or cannot
		}
		end = err
	}
}

func (r *resumer) wait() time.Duration {
	if r.retry > 0 {
		return r.retry // the server's word, to the millisecond (SEP-1699)
	}
	return defaultRetry + rand.N(defaultRetry/4)
}

// final reports whether asking again cannot help. Conflict is what some servers
// answer until they have noticed that the old stream is gone.
func (e *StatusError) final() bool {
	switch e.Status {
	case http.StatusConflict, http.StatusRequestTimeout, http.StatusTooEarly, http.StatusTooManyRequests:
		return false
	}
	return e.Status < 500
}

// cut is the error for an answer that ended as end says: that of ctx where it is over,
// and end itself where the answer came whole and cannot be read.
func cut(ctx context.Context, end error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if _, unreadable := errors.AsType[*encodingError](end); unreadable {
		return end
	}
	return &CutError{Err: end}
}

// Listen holds the GET stream of a session open and yields what the server sends
// on it, across reconnections, until ctx is done or the server refuses: a
// *StatusError with 405 says that it offers no such stream. opened is called
// each time the stream stands.
func (c *Client) Listen(ctx context.Context, conv Conversation, opened func()) iter.Seq2[jsonrpc.Message, error] {
	return func(yield func(jsonrpc.Message, error) bool) {
		r := &resumer{client: c, conv: conv, lent: new([]byte)}
		backoff := defaultRetry
		for {
			resp, err := c.get(ctx, conv, r.lastID)
			if err == nil {
				opened()
				backoff = defaultRetry
				again, _ := r.drain(resp.Body, yield)
				resp.Body.Close()
				if !again {
					return
				}
			}
			if ctx.Err() != nil {
				return
			}
			if refused := (*StatusError)(nil); errors.As(err, &refused) && refused.final() {
				yield(jsonrpc.Message{}, err)
				return
			}
			wait := r.wait()
			if err != nil {
				wait = backoff + rand.N(backoff/2)
				backoff = min(2*backoff, maxRetry)
			}
			if Sleep(ctx, wait) != nil {
				return
			}
		}
	}
}
