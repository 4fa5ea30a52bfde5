package bridge

import (
	"io"
	"sync"
	"time"
)

const (
	// maxPending is how many bytes may wait behind a write under way before
	// those who add more are made to wait.
	maxPending = 1 << 20
	// maxCopied is the size in bytes beyond which a message waits for its turn
	// and is written from where it is, instead of being copied behind others.
	maxCopied = 64 << 10
)

// lineWriter writes whole lines, one message each. Whoever comes first writes;
// those who come meanwhile leave their line, and it goes out with the next write.
// So a single message costs no change of goroutines, and many cost few writes. A
// client that does not read makes the senders wait, and they stop reading from
// the server.
type lineWriter struct {
	out io.Writer
	// failed is called once, with the first error of out.
	failed func(error)

	mu      sync.Mutex
	space   sync.Cond // signalled when pending is taken or the writer fails
	writing bool
	waiting int // large messages that wait for their turn
	pending []byte
	spare   []byte
	err     error
}

func newLineWriter(out io.Writer, failed func(error)) *lineWriter {
	w := &lineWriter{out: out, failed: failed}
	w.space.L = &w.mu
	return w
}

// write writes message and a line feed. It returns when the line is written or
// left with a writer that is at work.
func (w *lineWriter) write(message []byte) {
	w.mu.Lock()
	defer w.mu.Unlock()
	large := len(message) > maxCopied
	if large {
		w.waiting++
	}
	for w.err == nil && w.mustWait(large) {
		w.space.Wait()
	}
	if large {
		w.waiting--
	}
	if w.err != nil {
		w.space.Broadcast()
		return
	}
	if large {
		w.writing = true
		w.take()
		w.send(message, lineFeed)
	} else {
		w.pending = append(append(w.pending, message...), '\n')
		if w.writing {
			return
		}
		w.writing = true
	}
	if !large {
		w.take()
	}
	if len(w.pending) > 0 && w.err == nil && w.waiting == 0 {
		go w.drain() // others keep adding: their lines must not hold this sender
		return
	}
	w.writing = false
	w.space.Broadcast()
}

// drain writes what others leave, until nothing is left or a large message waits.
func (w *lineWriter) drain() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for len(w.pending) > 0 && w.err == nil && w.waiting == 0 {
		w.take()
	}
	w.writing = false
	w.space.Broadcast()
}

// mustWait reports whether a message cannot be taken now. A large one waits for
// its turn to write; small ones wait while a large one does, or it would never
// come, and while too much is pending.
func (w *lineWriter) mustWait(large bool) bool {
	if large {
		return w.writing
	}
	return w.waiting > 0 || w.writing && len(w.pending) > maxPending
}

// take writes what is pending; w.writing is set.
func (w *lineWriter) take() {
	if len(w.pending) == 0 || w.err != nil {
		return
	}
	chunk := w.pending
	w.pending, w.spare = w.spare[:0], nil
	w.space.Broadcast()
	w.send(chunk)
	if cap(chunk) <= maxPending { // a large buffer is not worth keeping
		w.spare = chunk
	}
}

var lineFeed = []byte{'\n'}

// send writes chunks while others may leave their lines; w.writing is set.
func (w *lineWriter) send(chunks ...[]byte) {
	w.mu.Unlock()
	var err error
	for _, chunk := range chunks {
		if _, err = w.out.Write(chunk); err != nil {
			break
		}
	}
	w.mu.Lock()
	if err != nil {
		w.err = err
		go w.failed(err)
	}
}

// flush waits until everything left with the writer is written, or for as long
// as most: a client that has gone may have stopped reading.
func (w *lineWriter) flush(most time.Duration) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		w.mu.Lock()
		defer w.mu.Unlock()
		for (w.writing || w.waiting > 0 || len(w.pending) > 0) && w.err == nil {
			w.space.Wait()
		}
	}()
	select {
	case <-done:
	case <-time.After(most):
	}
}
