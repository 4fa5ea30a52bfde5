package gateway

import (
	"context"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"ucbridge/bridge/databricks"
)

func TestLimiter(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := newLimiter(Limits{Calls: 2, Streams: 1, Rate: 3})
		allowed := func(name string, stream, want bool) {
			t.Helper()
			refused := l.begin(name, stream)
			if (refused == nil) != want {
				t.Errorf("%s, stream %v: %v", name, stream, refused)
			}
			if refused != nil && (refused.Data.RetryAfter == 0 || !refused.Data.Retryable) {
				t.Errorf("the refusal does not say when to try again: %+v", refused.Data)
			}
		}
		allowed("ada", false, true)
		allowed("ada", false, true)
		allowed("ada", false, false) // two calls at once
		allowed("bob", false, true)  // each user for themselves
		allowed("ada", true, true)
		allowed("ada", true, false) // one stream
		if refused := l.subscribe("ada"); refused == nil {
			t.Error("a second stream by subscription")
		}
		l.finish("ada", true)
		if refused := l.subscribe("ada"); refused != nil { // a call becomes the stream
			t.Error(refused)
		}
		allowed("ada", false, true)
		allowed("ada", false, false) // six in no time
		l.finish("ada", false)
		time.Sleep(time.Second)
		allowed("ada", false, true)
		l.finish("ada", false)
		l.finish("ada", false)
		l.finish("ada", true)
		l.finish("bob", false)
		time.Sleep(2 * sweepEvery)
		allowed("eve", false, true)
		if len(l.users) != 1 {
			t.Errorf("%d users are kept, want eve", len(l.users))
		}
	})
}

// TestLimiterCountsMessages: a batch is as many calls as are in it.
func TestLimiterCountsMessages(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := newLimiter(Limits{Calls: 5, Rate: 3})
		if refused := l.begin("ada", false); refused != nil {
			t.Fatal(refused)
		}
		for _, n := range []int{1999, 5} {
			if refused := l.more("ada", n); refused == nil || refused.Data.Retryable || refused.Data.Hint != "send 5 messages at once at most" {
				t.Errorf("a batch that holds more calls than may be under way: %+v", refused)
			}
		}
		if refused := l.more("ada", 4); refused != nil {
			t.Error(refused)
		}
		if l.begin("ada", false) == nil {
			t.Error("the calls of a batch do not count")
		}
		l.less("ada", 4)
		l.finish("ada", false)
		time.Sleep(time.Second)
		if refused := l.begin("ada", false); refused != nil {
			t.Error(refused)
		}
		if refused := l.more("ada", 4); refused == nil || refused.Data.RetryAfter != 2*time.Second {
			t.Errorf("more than the rate in one batch: %+v", refused)
		}
		l = newLimiter(Limits{Rate: 3})
		if refused := l.begin("ada", false); refused != nil {
			t.Error(refused)
		}
		if refused := l.more("ada", 6); refused == nil || refused.Data.Retryable || refused.Data.Hint != "send 6 messages at once at most" {
			t.Errorf("more than a burst in one batch: %+v", refused)
		}
	})
}

// TestOuterRequestCountsOnce: what is answered by a request for a server, in the name of
// the same user, takes nothing of what that request needs. It is bounded itself.
func TestOuterRequestCountsOnce(t *testing.T) {
	t.Parallel()
	const path = "/mcp"
	var g *Gateway
	entered, held := make(chan struct{}), make(chan struct{})
	s := set(t, databricks.Target{Connection: "github"}, func(o *Options) {
		o.Limits = Limits{Calls: 1, Streams: 1}
		o.Endpoints = append(o.Endpoints, Endpoint{Path: path, Serve: func(w http.ResponseWriter, r *http.Request, _ string) {
			if r.Header.Get("Hold") != "" {
				close(entered)
				<-held
			}
			within := r.Clone(r.Context())
			within.URL.Path = "/mcp/x"
			g.ServeMCP(w, within)
		}})
	})
	g = s.gateway
	s.url += path + "?" // send adds the path of the server

	first := make(chan int, 1)
	go func() {
		defer close(first)
		resp, err := s.send(context.WithoutCancel(t.Context()), "POST", ada, hello, "Hold: yes")
		if err != nil {
			return
		}
		resp.Body.Close()
		first <- resp.StatusCode
	}()
	<-entered
	if status, body, _ := s.call(t, "POST", ada, hello); status != http.StatusTooManyRequests {
		t.Errorf("a second at once: %d %s", status, body)
	}
	if calls, streams := g.metrics.calls.Load(), g.metrics.streams.Load(); calls != 0 || streams != 0 {
		t.Errorf("%d calls and %d streams are under way at servers", calls, streams)
	}
	close(held)
	if status := <-first; status != http.StatusOK {
		t.Errorf("the first: %d", status)
	}
}
