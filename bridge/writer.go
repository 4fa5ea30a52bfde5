package bridge

import (
	"io"
	"slices"
	"sync"
	"time"

	"ucbridge/bridge/jsonrpc"
)

const (
	// maxPending is how many bytes may wait behind a write under way before
	// those who add more are made to wait.
	maxPending = 1 << 20
	// maxCopied is the size in bytes beyond which a message waits for its turn
	// and is written from where it is, instead of being copied behind others.
	maxCopied = 64 << 10
	// pieceSize is how many bytes of a large message are looked through, and then
	// written while they are in the processor's cache.
	pieceSize = 256 << 10
	// tailSize is how many bytes at the end of a large message are copied, and written
	// when its sender has gone on: the client, which has a message when it has all of it,
	// then finds the memory of the last one free for the next.
	tailSize = 4 << 10
)

// lineWriter writes whole lines, one message each, in which line breaks are made spaces
// (see [jsonrpc.OneLine]). Whoever comes first writes;
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

// write writes a message, which need not have been read, and a line feed, and reports
// whether the message held line breaks.
// It returns when the line is written, or left with a writer that is at work and that has
// a copy of it: nothing of the message is kept.
func (w *lineWriter) write(m jsonrpc.Message) (changed bool) {
	message := m.Raw
	large := len(message) > maxCopied
	if !large {
		message, changed = jsonrpc.OneLine(message)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
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
		return changed
	}
	if !large {
		w.pending = append(append(w.pending, message...), '\n')
		if w.writing {
			return changed
		}
	}
	w.writing = true
	w.take()
	if large {
		tail := len(message) - tailSize
		w.send(func() (err error) {
			if m.OneLine {
				_, err = w.out.Write(message[:tail])
				return err
			}
			changed, err = w.writePieces(message[:tail])
			return err
		})
		last, broken := jsonrpc.OneLine(message[tail:])
		go w.drain(append(slices.Clone(last), '\n'))
		return changed || broken
	}
	if len(w.pending) > 0 && w.err == nil && w.waiting == 0 {
		go w.drain(nil) // others keep adding: their lines must not hold this sender
		return changed
	}
	w.writing = false
	w.space.Broadcast()
	return changed
}

// writePieces writes a part of a message, and reports whether there were line breaks in it.
func (w *lineWriter) writePieces(part []byte) (changed bool, err error) {
	for piece := range slices.Chunk(part, pieceSize) {
		line, broken := jsonrpc.OneLine(piece)
		changed = changed || broken
		if _, err := w.out.Write(line); err != nil {
			return changed, err
		}
	}
	return changed, nil
}

// drain writes the end of a line that is begun, and what others leave, until nothing is
// left or a large message waits.
func (w *lineWriter) drain(end []byte) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(end) > 0 && w.err == nil {
		w.send(func() error {
			_, err := w.out.Write(end)
			return err
		})
	}
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
	w.send(func() error {
		_, err := w.out.Write(chunk)
		return err
	})
	if cap(chunk) <= maxPending { // a large buffer is not worth keeping
		w.spare = chunk
	}
}

// send writes while others may leave their lines; w.writing is set.
func (w *lineWriter) send(write func() error) {
	w.mu.Unlock()
	err := write()
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
