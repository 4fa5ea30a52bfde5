package gateway

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"ucbridge/bridge/jsonrpc"
	"ucbridge/bridge/refusal"
)

// passReviewed passes an answer on message by message. What cannot be read as a
// message is not passed: nobody has seen what is in it.
func (x *exchange) passReviewed(resp *http.Response) {
	defer resp.Body.Close()
	if isEventStream(resp) {
		x.copyHeader(resp)
		x.begin(resp.StatusCode)
		x.cut(x.reviewEvents(resp.Body))
		return
	}
	raw, err := io.ReadAll(io.LimitReader(resp.Body, x.g.opts.MaxMessage+1))
	if err != nil || int64(len(raw)) > x.g.opts.MaxMessage {
		x.refuse(refusal.New(refusal.BadAnswer, "The answer broke off, or is larger than %d bytes. %s", x.g.opts.MaxMessage, refusal.CheckFirst))
		return
	}
	if m, err := jsonrpc.Parse(raw); err == nil {
		raw = x.filter.Pass(m)
	} else if len(bytes.TrimSpace(raw)) > 0 && resp.StatusCode < 300 {
		x.refuse(refusal.New(refusal.BadAnswer, "The answer is not a JSON-RPC message. %s", refusal.CheckFirst))
		return
	}
	x.copyHeader(resp)
	x.answer(resp.StatusCode, raw)
}

func isEventStream(resp *http.Response) bool {
	return strings.HasPrefix(resp.Header.Get("Content-Type"), "text/event-stream")
}

// reviewEvents passes on an event stream. An event whose message stays as it was
// stays as it was too, comments and ids included.
func (x *exchange) reviewEvents(body io.Reader) error {
	if err := x.flush(); err != nil {
		return err
	}
	r := blockReader{r: bufio.NewReaderSize(body, smallPiece), max: x.g.opts.MaxMessage}
	for {
		b, err := r.next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if b.id != "" && x.origin != nil {
			x.g.resumable.note(x.eventKey(b.id), x.origin)
		}
		out, err := b.reviewed(x.filter.Pass)
		if err != nil {
			x.g.opts.Log.Warn("an event is not passed on", "path", x.r.URL.Path, "error", err)
		}
		if len(out) > 0 {
			if err := x.write(out, true); err != nil {
				return err
			}
		}
	}
}

// block is one event of a stream, or a comment, as it came.
type block struct {
	raw   []byte   // all of it, with the blank line that ends it
	other []byte   // its lines that are not data, with their ends
	data  [][]byte // the values of its data lines
	id    string   // the event's, "" for none
}

// reviewed returns the bytes to pass on.
func (b block) reviewed(pass func(jsonrpc.Message) []byte) ([]byte, error) {
	message := bytes.Join(b.data, []byte{'\n'})
	if len(message) == 0 {
		return b.raw, nil // a comment, or an event with nothing but an id
	}
	m, err := jsonrpc.Parse(message)
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
	r      *bufio.Reader
	max    int64 // of a block, in bytes
	begun  bool  // the first line was looked at
	skipLF bool  // the last line ended in CR
}

const byteOrderMark = "\uFEFF"

// next returns the next block. One that the end of the stream cuts off is
// dropped, as the standard wants.
func (r *blockReader) next() (block, error) {
	var b block
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

// line appends a line to b.raw and returns where it ends, without its line end.
func (r *blockReader) line(b *block) (int, error) {
	for {
		c, err := r.r.ReadByte()
		if err != nil {
			return 0, err
		}
		follows := r.skipLF && c == '\n'
		r.skipLF = c == '\r'
		if follows {
			continue
		}
		if int64(len(b.raw)) >= r.max {
			return 0, fmt.Errorf("reading event: more than %d bytes", r.max)
		}
		if c == '\r' || c == '\n' {
			b.raw = append(b.raw, '\n')
			return len(b.raw) - 1, nil
		}
		b.raw = append(b.raw, c)
	}
}
