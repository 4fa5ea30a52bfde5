package gateway

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"
)

// TestCoarseTimers: what is not stopped is called once, in time or a tick later, whatever
// stands before and behind it.
func TestCoarseTimers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		timers := coarseTimers{tick: 100 * time.Millisecond}
		for range 3 { // the last time of all was stopped, or has come
			began := time.Now()
			called := make(chan int, 10)
			all := make([]coarseTimer, 8)
			for i := range all {
				timers.start(&all[i], time.Duration(i)*time.Second, func() { called <- i })
			}
			for _, i := range []int{7, 0, 3} { // at both ends and between
				timers.stop(&all[i])
			}
			for _, i := range []int{1, 2, 4, 5, 6} {
				got := <-called
				late := time.Since(began) - time.Duration(i)*time.Second
				if got != i || late < 0 || late > timers.tick {
					t.Errorf("%d came %v late, in the place of %d", got, late, i)
				}
				timers.stop(&all[i]) // as most do
			}
			time.Sleep(time.Minute)
			if len(called) > 0 || timers.first != nil || timers.armed {
				t.Errorf("%d too many, or something runs still", len(called))
			}
		}
		running := func() (all []time.Duration) {
			for one := timers.first; one != nil; one = one.next {
				all = append(all, time.Until(one.at))
			}
			return all
		}
		var a, b coarseTimer
		timers.start(&a, time.Hour, func() {})
		timers.start(&b, 2*time.Hour, func() {})
		if got := running(); !slices.Equal(got, []time.Duration{2 * time.Hour, time.Hour}) {
			t.Errorf("%v run", got)
		}
		timers.stop(&b)
		timers.stop(&b)
		timers.stop(&a)
		if got := running(); got != nil {
			t.Errorf("%v run", got)
		}
	})
}
