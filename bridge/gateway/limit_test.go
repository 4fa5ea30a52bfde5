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
			refusal := l.begin(name, stream)
			if (refusal == nil) != want {
				t.Errorf("%s, stream %v: %v", name, stream, refusal)
			}
			if refusal != nil && (refusal.Data.RetryAfter == 0 || !refusal.Data.Retryable) {
				t.Errorf("the refusal does not say when to try again: %+v", refusal.Data)
			}
		}
		allowed("ada", false, true)
		allowed("ada", false, true)
		allowed("ada", false, false) // two calls at once
		allowed("bob", false, true)  // each user for themselves
		allowed("ada", true, true)
		allowed("ada", true, false) // one stream
		if refusal := l.subscribe("ada"); refusal == nil {
			t.Error("a second stream by subscription")
		}
		l.finish("ada", true)
		if refusal := l.subscribe("ada"); refusal != nil { // a call becomes the stream
			t.Error(refusal)
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
