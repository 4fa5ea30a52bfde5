package tokencache

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// finder answers with the token in capitals, for a minute, once hold lets it. It finds
// nothing for tokens that begin with "bad".
type finder struct {
	mu    sync.Mutex
	asked map[string]int
	hold  chan struct{}
}

func newFinder() *finder {
	f := &finder{asked: make(map[string]int), hold: make(chan struct{})}
	close(f.hold)
	return f
}

func (f *finder) find(_ context.Context, token string) (string, time.Time, error) {
	f.mu.Lock()
	f.asked[token]++
	hold := f.hold
	f.mu.Unlock()
	<-hold
	if strings.HasPrefix(token, "bad") {
		return "", time.Time{}, errors.New("unknown")
	}
	return strings.ToUpper(token), time.Now().Add(time.Minute), nil
}

func (f *finder) times(token string) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.asked[token]
}

// TestCache: a value is found out once for as long as it holds, however many ask; a
// failure reaches those who wait, and nobody later.
func TestCache(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := newFinder()
		f.hold = make(chan struct{})
		c := New(f.find)
		var all sync.WaitGroup
		for range 3 {
			all.Go(func() {
				if got, err := c.Get(t.Context(), "ada"); got != "ADA" || err != nil {
					t.Errorf("%q, %v", got, err)
				}
			})
			all.Go(func() {
				if got, err := c.Get(t.Context(), "bad"); got != "" || err == nil {
					t.Errorf("bad: %q, %v", got, err)
				}
			})
		}
		synctest.Wait()
		gone, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := c.Get(gone, "ada"); !errors.Is(err, context.Canceled) {
			t.Errorf("who does not wait: %v", err)
		}
		close(f.hold)
		all.Wait()
		for _, step := range []struct {
			before func()
			want   int
		}{
			{func() {}, 1},
			{func() { time.Sleep(time.Minute) }, 2},
			{func() { c.Forget("ada") }, 3},
		} {
			step.before()
			if got, err := c.Get(t.Context(), "ada"); got != "ADA" || err != nil || f.times("ada") != step.want {
				t.Errorf("%q, %v, found out %d times, want %d", got, err, f.times("ada"), step.want)
			}
		}
		if _, err := c.Get(t.Context(), "bad"); err == nil || f.times("bad") != 2 {
			t.Errorf("bad: %v, found out %d times", err, f.times("bad"))
		}
	})
}

// TestForgottenMeanwhile: what was on its way when its token was forgotten is not kept.
func TestForgottenMeanwhile(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := newFinder()
		f.hold = make(chan struct{})
		c := New(f.find)
		var all sync.WaitGroup
		all.Go(func() { _, _ = c.Get(t.Context(), "ada") })
		synctest.Wait()
		c.Forget("ada")
		close(f.hold)
		all.Wait()
		if got, err := c.Get(t.Context(), "ada"); got != "ADA" || err != nil || f.times("ada") != 2 {
			t.Errorf("%q, %v, found out %d times", got, err, f.times("ada"))
		}
	})
}

// TestBadTokensDriveNothingOut: who brings tokens that nothing is found out about, as many at
// once as are looked into, drives out none that is good. More good ones than that do.
func TestBadTokensDriveNothingOut(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := newFinder()
		c := New(f.find)
		if _, err := c.Get(t.Context(), "ada"); err != nil {
			t.Fatal(err)
		}
		f.hold = make(chan struct{})
		gone, cancel := context.WithCancel(t.Context())
		cancel()
		for n := range maxUnderWay {
			_, _ = c.Get(gone, fmt.Sprint("bad", n))
		}
		synctest.Wait()
		if _, err := c.Get(t.Context(), "one more"); err != ErrBusy || len(c.underWay) != maxUnderWay {
			t.Errorf("%d are under way, and one more: %v", len(c.underWay), err)
		}
		if got, err := c.Get(t.Context(), "ada"); got != "ADA" || err != nil || f.times("ada") != 1 || len(c.kept) != 1 {
			t.Errorf("%q, %v, found out %d times, and %d are kept", got, err, f.times("ada"), len(c.kept))
		}
		close(f.hold)
		synctest.Wait()
		if len(c.underWay) != 0 || len(c.kept) != 1 {
			t.Errorf("%d are under way, and %d are kept", len(c.underWay), len(c.kept))
		}
		for n := range maxKept + 1 {
			_, _ = c.Get(t.Context(), fmt.Sprint("good", n))
		}
		if len(c.kept) != maxKept {
			t.Errorf("%d are kept", len(c.kept))
		}
	})
}
