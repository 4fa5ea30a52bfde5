package auth

import (
	"sync"
	"sync/atomic"
	"testing"
)

func TestQueueLetsOneAtATime(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	var inside, most atomic.Int32
	var group sync.WaitGroup
	for range 20 {
		group.Go(func() {
			done := queue(dir, "p", "h")
			defer done()
			if n := inside.Add(1); n > most.Load() {
				most.Store(n)
			}
			inside.Add(-1)
		})
	}
	group.Wait()
	if most.Load() != 1 {
		t.Errorf("%d at once", most.Load())
	}
	queue("", "p", "h")() // nothing to wait for
}
