package gateway

import (
	"testing"
	"testing/synctest"
	"time"
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
		if l.more("ada", 1999) == nil || l.more("ada", 5) == nil {
			t.Error("a batch is let through that holds more calls than may be under way")
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
		if l.more("ada", 4) == nil {
			t.Error("more than the rate in one batch")
		}
	})
}
