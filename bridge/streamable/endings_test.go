package streamable

import (
	"io"
	"net/http"
	"net/url"
	"testing"
	"testing/synctest"
	"time"
)

// lateBody comes whole and tells its end later, as a stream of HTTP/2 may.
type lateBody struct {
	content string
	end     chan struct{}
	closed  chan struct{}
	reset   bool // closed before the end was told
}

func (b *lateBody) Read(p []byte) (int, error) {
	if b.content != "" {
		n := copy(p, b.content)
		b.content = b.content[n:]
		return n, nil
	}
	select {
	case <-b.end:
		return 0, io.EOF
	case <-b.closed:
		return 0, http.ErrBodyReadAfterClose
	}
}

func (b *lateBody) Close() error {
	select {
	case <-b.closed:
		return nil
	case <-b.end:
	default:
		b.reset = true
	}
	close(b.closed)
	return nil
}

// RoundTrip answers with the body.
func (b *lateBody) RoundTrip(req *http.Request) (*http.Response, error) {
	return &http.Response{
		StatusCode: http.StatusOK, Header: http.Header{"Content-Type": typeJSON},
		ContentLength: int64(len(b.content)), Body: b, Request: req,
	}, nil
}

// An answer is there as soon as its body is. The stream is closed when it has ended, or
// has not for a while.
func TestAnswerWaitsForTheEndOfItsStream(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name  string
		end   time.Duration // after the body, 0 for never
		reset bool
	}{{"late", 300 * time.Millisecond, false}, {"never", 0, true}} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				body := &lateBody{content: `{"jsonrpc":"2.0","id":1,"result":{}}`, end: make(chan struct{}), closed: make(chan struct{})}
				client := &Client{URL: &url.URL{Scheme: "http", Host: "mcp.invalid"}, RoundTripper: body, MaxMessage: 1 << 20}
				began := time.Now()
				answer, err := client.Send(t.Context(), Post{Body: []byte("{}")})
				if err != nil {
					t.Fatal(err)
				}
				for _, err := range answer.Messages() {
					if err != nil {
						t.Error(err)
					}
				}
				if took := time.Since(began); took > 0 {
					t.Errorf("the message came after %v", took)
				}
				if tt.end > 0 {
					time.AfterFunc(tt.end, func() { close(body.end) })
				}
				answer.Close()
				if took := time.Since(began); took > 2*finishTimeout {
					t.Errorf("the answer was closed after %v", took)
				}
				synctest.Wait()
				if body.reset != tt.reset {
					t.Errorf("closed before its end: %t", body.reset)
				}
			})
		})
	}
}
