package session

import (
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
)

// The goroutine that worked last is the next to work.
func TestWorkerThatWorkedLastIsNext(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		done, hold := make(chan struct{}), make(chan struct{})
		defer close(done)
		w := newWorkers(func(*exchange) { <-hold }, done)
		for range 3 {
			w.start(&exchange{})
		}
		synctest.Wait()
		for range 3 {
			hold <- struct{}{}
			synctest.Wait()
		}
		before := slices.Clone(w.idle)
		w.start(&exchange{})
		if !slices.Equal(w.idle, before[:2]) || len(before) != 3 {
			t.Errorf("%d goroutines waited, and it was not the last that was taken", len(before))
		}
		hold <- struct{}{}
	})
}

// An exchange that starts while the session ends is run all the same.
func TestWorkersRunWhatStartsAtTheEnd(t *testing.T) {
	t.Parallel()
	for range 200 {
		synctest.Test(t, func(t *testing.T) {
			done := make(chan struct{})
			var ran atomic.Int32
			w := newWorkers(func(*exchange) { ran.Add(1) }, done)
			w.start(&exchange{})
			synctest.Wait()
			go close(done)
			w.start(&exchange{})
			synctest.Wait()
			if ran.Load() != 2 {
				t.Fatalf("%d of 2 exchanges were run", ran.Load())
			}
		})
	}
}
