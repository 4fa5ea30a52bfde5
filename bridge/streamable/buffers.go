package streamable

import (
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

// buffers keeps the memory of one large message for the next. Left to the collector, that
// of answers of 8 MiB, one after the other, came to 51 MB for the process in place of 26.
// The zero buffers is ready for use, by several goroutines.
type buffers struct {
	mu    sync.Mutex
	spare []byte
	drop  *time.Timer
}

// take returns an empty buffer with room for size bytes.
func (b *buffers) take(size int) []byte {
	if size < minKept {
		return make([]byte, 0, size)
	}
	b.mu.Lock()
	spare := b.spare
	b.spare = nil // one that is too small is of no use any more
	b.mu.Unlock()
	if size <= cap(spare) {
		return spare
	}
	return make([]byte, 0, size)
}

// grow returns buffer with room for n more bytes. It doubles: append alone would grow by
// a quarter, and copy a large message ten times.
func (b *buffers) grow(buffer []byte, n int) []byte {
	if len(buffer)+n <= cap(buffer) {
		return buffer
	}
	return append(b.take(max(2*cap(buffer), len(buffer)+n)), buffer...)
}

// give takes a buffer that nobody reads any more.
func (b *buffers) give(buffer []byte) {
	if cap(buffer) < minKept || cap(buffer) > maxKept {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if cap(buffer) > cap(b.spare) {
		b.spare = buffer[:0]
	}
	if b.drop == nil {
		b.drop = time.AfterFunc(keptFor, b.clear)
		return
	}
	b.drop.Reset(keptFor)
}

// clear leaves to the collector what is kept.
func (b *buffers) clear() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.spare = nil
}
