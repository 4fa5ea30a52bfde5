package gateway

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"sync"

	"ucbridge/bridge/jsonrpc"
	"ucbridge/bridge/streamable"
)

// block is one event of a stream, or a comment, as it came.
type block struct {
	raw   []byte   // all of it, with the blank line that ends it
	other []byte   // its lines that are not data, with their ends
	data  [][]byte // the values of its data lines
	id    string   // the event's, "" for none
}

// reviewed returns the bytes to pass on.
func (b block) reviewed(pass func(jsonrpc.Message) []byte) ([]byte, error) {
	message := b.message()
	if len(message) == 0 {
		return b.raw, nil // a comment, or an event with nothing but an id
	}
	m, err := streamable.Parse(message)
	if err != nil {
		return b.without(), fmt.Errorf("reading event: %w", err)
	}
	out := pass(m)
	switch {
	case out == nil:
		return b.without(), nil
	case bytes.Equal(out, message):
		return b.raw, nil
	}
	raw := bytes.Clone(b.other)
	for line := range bytes.SplitSeq(out, []byte{'\n'}) {
		raw = append(append(append(raw, "data: "...), line...), '\n')
	}
	return append(raw, '\n'), nil
}

// withoutComments is the event with nothing but fields of the standard: nobody has looked
// at what stands elsewhere. Clients read none of it.
func (b block) withoutComments() block {
	kept := b
	kept.other = nil
	for line := range bytes.Lines(b.other) {
		switch name, _, _ := bytes.Cut(bytes.TrimSuffix(line, []byte{'\n'}), []byte{':'}); string(name) {
		case "id", "event", "retry":
			kept.other = append(kept.other, line...)
		}
	}
	if len(kept.other) == len(b.other) {
		return b
	}
	kept.raw = bytes.Clone(kept.other)
	for _, line := range b.data {
		kept.raw = append(append(append(kept.raw, "data: "...), line...), '\n')
	}
	if len(kept.raw) > 0 {
		kept.raw = append(kept.raw, '\n')
	}
	return kept
}

func (b block) message() []byte {
	if len(b.data) == 1 {
		return b.data[0]
	}
	return bytes.Join(b.data, []byte{'\n'})
}

// without is the event without its message: its id still counts.
func (b block) without() []byte {
	if len(b.other) == 0 {
		return nil
	}
	return append(bytes.Clone(b.other), '\n')
}

// blockReader cuts an event stream at its blank lines (WHATWG HTML, section 9.2).
// Lines end in LF, CRLF or CR.
type blockReader struct {
	body   wakingReader
	r      *bufio.Reader // over body; nil where nothing is read ahead
	max    int64         // of a block, in bytes
	begun  bool          // the first line was looked at
	skipLF bool          // the last line ended in CR
}

// wakingReader is a body that can be waited for without a buffer.
type wakingReader struct {
	r     io.Reader
	first [1]byte
	n     int // how many bytes of first there are
	err   error
}

// wait returns when there is something to read, or the body has ended.
func (w *wakingReader) wait() {
	if w.n == 0 && w.err == nil {
		w.n, w.err = w.r.Read(w.first[:])
	}
}

// Read implements [io.Reader].
func (w *wakingReader) Read(p []byte) (int, error) {
	switch {
	case w.n > 0 && len(p) > 0:
		w.n = 0
		p[0] = w.first[0]
		return 1, nil
	case w.err != nil:
		return 0, w.err
	}
	return w.r.Read(p)
}

// readers are those of streams that bring something just now.
var readers = sync.Pool{New: func() any { return bufio.NewReaderSize(nil, smallPiece) }}

// buffered reports whether something is read ahead.
func (r *blockReader) buffered() bool { return r.r != nil && r.r.Buffered() > 0 }

// release gives up the buffer, in which nothing is left that anybody wants.
func (r *blockReader) release() {
	if r.r != nil {
		r.r.Reset(nil) // it must not hold the stream
		readers.Put(r.r)
		r.r = nil
	}
}

const byteOrderMark = "\uFEFF"

// next returns the next block. One that the end of the stream cuts off is dropped, as
// the standard wants, unless it is a whole response, for which somebody waits.
func (r *blockReader) next() (block, error) {
	var b block
	if r.r == nil {
		r.r = readers.Get().(*bufio.Reader)
		r.r.Reset(&r.body)
	}
	if !r.begun { // a byte order mark is no part of the first line
		r.begun = true
		if mark, err := r.r.Peek(len(byteOrderMark)); err == nil && string(mark) == byteOrderMark {
			_, _ = r.r.Discard(len(byteOrderMark)) // they are there
		}
	}
	for {
		start := len(b.raw)
		end, err := r.line(&b)
		if err != nil {
			if errors.Is(err, io.EOF) && b.isResponse() {
				b.raw = append(b.raw, '\n')
				return b, nil
			}
			return block{}, err
		}
		line := b.raw[start:end]
		switch name, value, _ := bytes.Cut(line, []byte{':'}); {
		case len(line) == 0:
			return b, nil
		case string(name) == "data":
			b.data = append(b.data, bytes.TrimPrefix(value, []byte{' '}))
		default:
			if string(name) == "id" {
				b.id = string(bytes.TrimPrefix(value, []byte{' '}))
			}
			b.other = append(b.other, b.raw[start:]...)
		}
	}
}

func (b block) isResponse() bool {
	m, err := streamable.Parse(b.message())
	return err == nil && m.IsResponse()
}

// line appends a line to b.raw and returns where it ends, without its line end. The
// end of the stream ends a line that has begun.
func (r *blockReader) line(b *block) (int, error) {
	for begun := false; ; begun = true {
		if _, err := r.r.Peek(1); err != nil {
			if begun && errors.Is(err, io.EOF) {
				b.raw = append(b.raw, '\n')
				return len(b.raw) - 1, nil
			}
			return 0, err
		}
		piece, _ := r.r.Peek(r.r.Buffered()) // they are there
		if r.skipLF {
			r.skipLF = false
			if piece[0] == '\n' {
				_, _ = r.r.Discard(1)
				begun = false
				piece = piece[1:]
				if len(piece) == 0 {
					return r.line(b)
				}
			}
		}
		end := bytes.IndexByte(piece, '\n')
		if end >= 0 {
			piece = piece[:end]
		}
		if cr := bytes.IndexByte(piece, '\r'); cr >= 0 {
			end, piece, r.skipLF = cr, piece[:cr], true
		}
		if int64(len(b.raw)+len(piece)) >= r.max {
			return 0, fmt.Errorf("reading event: more than %d bytes", r.max)
		}
		b.raw = append(b.raw, piece...)
		if end >= 0 {
			_, _ = r.r.Discard(end + 1)
			b.raw = append(b.raw, '\n')
			return len(b.raw) - 1, nil
		}
		_, _ = r.r.Discard(len(piece))
	}
}
