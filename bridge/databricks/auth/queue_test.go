package auth

import (
	"os"
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

// A sign-in that hangs holds up those of its own profile and host alone.
func TestQueueOfItsOwn(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for _, who := range [][2]string{{"stuck", "h"}, {"work", "h"}, {"stuck", "other"}, {"stuck", "h"}} {
		defer queue(dir, who[0], who[1])()
	}
	locks, err := os.ReadDir(dir)
	if err != nil || len(locks) != 3 {
		t.Errorf("locks %v, %v; want one for each profile and host", locks, err)
	}
}
