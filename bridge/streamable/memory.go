package streamable

import (
	"runtime/debug"
	"slices"
	"sync"
	"time"
)

const (
	// minKept and maxKept are the sizes in bytes between which the memory of a message is
	// kept for a later one. What is smaller costs the collector little; what is larger is
	// rare, and too much to hold.
	minKept, maxKept = 256 << 10, 64 << 20
	// keptFor is how long it is kept where no large message comes.
	keptFor = 5 * time.Second
)

// Memory keeps the memory of one large message for the next. Left to the collector, that
// of answers of 8 MiB, one after the other, came to 51 MB for the process in place of 26.
// The zero Memory is ready for use, by several clients and goroutines.
type Memory struct {
	mu    sync.Mutex
	spare []byte
	drop  *time.Timer
}

// take returns an empty buffer: what is kept where that has room for min bytes, else a new
// one of size bytes.
func (k *Memory) take(min, size int) []byte {
	if size < minKept {
		return make([]byte, 0, size)
	}
	k.mu.Lock()
	spare := k.spare
	k.spare = nil // one that is too small is of no use any more
	k.mu.Unlock()
	if min <= cap(spare) {
		return spare
	}
	return make([]byte, 0, size)
}

// sizes are those in bytes that a message grows to whose length is not known. What is
// outgrown stays in the process's memory until it is collected, and the system gives of what
// is reserved only what is written to: hence the long step, after which few messages come,
// since memory that was used before costs in full.
var sizes = []int{16 << 10, 64 << 10, minKept, 1 << 20, 16 << 20, 32 << 20, maxKept}

// grow returns buffer with room for n more bytes. An empty one gets just that.
func (k *Memory) grow(buffer []byte, n int) []byte {
	need := len(buffer) + n
	if need <= cap(buffer) {
		return buffer
	}
	size := need
	if cap(buffer) > 0 {
		size = 2 * need
		if i, _ := slices.BinarySearch(sizes, need); i < len(sizes) {
			size = sizes[i]
		}
	}
	return append(k.take(max(2*cap(buffer), need), size), buffer...)
}

// give takes a buffer that nobody reads any more.
func (k *Memory) give(buffer []byte) {
	if cap(buffer) < minKept || cap(buffer) > maxKept {
		return
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if cap(buffer) > cap(k.spare) {
		k.spare = buffer[:0]
	}
	if k.drop == nil {
		k.drop = time.AfterFunc(keptFor, k.clear)
		return
	}
	k.drop.Reset(keptFor)
}

// clear gives what is kept back to the system. The collector alone would have it for
// minutes: an idle process allocates nothing that would make it run.
func (k *Memory) clear() {
	k.mu.Lock()
	held := k.spare != nil
	k.spare = nil
	k.mu.Unlock()
	if held {
		debug.FreeOSMemory()
	}
}
