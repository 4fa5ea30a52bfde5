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

// readLate reads the message of an answer whose body is late to tell its end.
func readLate(t *testing.T, client *Client) (*Answer, *lateBody) {
	t.Helper()
	body := &lateBody{content: `{"jsonrpc":"2.0","id":1,"result":{}}`, end: make(chan struct{}), closed: make(chan struct{})}
	client.RoundTripper = body
	answer, err := client.Send(t.Context(), Post{Body: []byte("{}")})
	if err != nil {
		t.Fatal(err)
	}
	for _, err := range answer.Messages() {
		if err != nil {
			t.Error(err)
		}
	}
	return answer, body
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
				client := &Client{URL: &url.URL{Scheme: "http", Host: "mcp.invalid"}, MaxMessage: 1 << 20}
				began := time.Now()
				answer, body := readLate(t, client)
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

// A server that never tells the end of a body is waited for in a few streams only.
func TestFewEndsAreAwaited(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		client := &Client{URL: &url.URL{Scheme: "http", Host: "mcp.invalid"}, MaxMessage: 1 << 20}
		open := 0
		for i := range maxAwaited + 8 {
			answer, body := readLate(t, client)
			go answer.Close()
			synctest.Wait()
			if !body.reset {
				open++
			}
			if want := min(i+1, maxAwaited); open != want {
				t.Fatalf("after %d answers, %d streams are open, want %d", i+1, open, want)
			}
		}
		time.Sleep(2 * finishTimeout)
		answer, body := readLate(t, client)
		go answer.Close()
		synctest.Wait()
		if body.reset {
			t.Error("the end is not waited for when the others are over")
		}
		close(body.end)
	})
}
