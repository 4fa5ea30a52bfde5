package jsonrpc

import (
	"strconv"
	"sync"
	"testing"
)

// Ids of the bridge's own are numbers that every peer can hold, each given once.
func TestOwnID(t *testing.T) {
	t.Parallel()
	var seen sync.Map
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for range 100 {
				id := OwnID()
				if _, again := seen.LoadOrStore(string(id), true); again {
					t.Errorf("%s was given twice", id)
				}
				if n, err := strconv.ParseInt(string(id), 10, 32); err != nil || n < 1<<30 {
					t.Errorf("%s is not within 31 bits, and large", id)
				}
			}
		})
	}
	all.Wait()
}
