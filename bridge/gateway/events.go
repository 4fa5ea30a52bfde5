package gateway

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"

	"ucbridge/bridge/jsonrpc"
	"ucbridge/bridge/mcp"
	"ucbridge/bridge/refusal"
	"ucbridge/bridge/streamable"
)

// passEvents passes on an event stream. An event whose message stays as it was stays
// as it was too, comments and ids included; what is no message does not pass.
func (r *relay) passEvents() {
	r.x.out.copyHeader(r.resp.Header)
	r.x.out.stream(r.passedStatus(r.resp.StatusCode))
	r.due.refused = r.resp.StatusCode >= http.StatusBadRequest
	if r.x.message.Method != mcp.Listen { // a subscription need not be answered
		for _, request := range mcp.Requests(r.x.message) {
			r.due.open = append(r.due.open, request.ID)
		}
	}
	if r.x.filter != nil {
		defer r.x.filter.Subscribe(func(raw []byte) { r.x.out.interject(event(raw)) })()
	}
	r.cut(r.events())
}

func (r *relay) events() error {
	blocks := blockReader{r: bufio.NewReaderSize(r.resp.Body, smallPiece), max: r.x.g.opts.MaxMessage}
	for {
		b, err := blocks.next()
		if errors.Is(err, io.EOF) {
			return r.endEvents()
		}
		if e, ok := errors.AsType[*refusal.Error](err); ok {
			return r.refuseOpen(e)
		}
		if err != nil {
			return err
		}
		if b.id != "" {
			r.due.resumable = true
			if r.x.origin != nil {
				r.x.g.resumable.note(r.x.eventKey(b.id), r.x.origin)
			}
		}
		if r.x.judged() {
			b = b.withoutComments()
		}
		out, err := b.reviewed(func(m jsonrpc.Message) []byte {
			if m, passes := r.due.take(m); passes {
				return r.filtered(m)
			}
			return nil
		})
		if err != nil {
			r.x.g.opts.Log.Warn("an event is not passed on", "path", r.x.r.URL.Path, "error", err)
			out = append(out, r.answerFaulty(err)...)
		}
		if len(out) > 0 {
			if err := r.x.out.piece(out, true); err != nil {
				return err
			}
		}
	}
}

// due are the requests that a stream has yet to answer.
type due struct {
	open, answered []jsonrpc.ID
	// refused says that the stream has a status of failure.
	refused bool
	// stray is a response to none of them.
	stray *jsonrpc.Message
	// faulty says that something came that is no message.
	faulty bool
	// resumable says that the rest of the stream can be had.
	resumable bool
}

// take notes what a message answers and returns it as it may pass: a response has the
// id of its request, and there is one for each.
func (d *due) take(m jsonrpc.Message) (jsonrpc.Message, bool) {
	if !m.IsResponse() || len(d.open) == 0 && len(d.answered) == 0 {
		for _, one := range m.Batch {
			if one.IsResponse() {
				d.settle(jsonrpc.Owner(d.open, one.ID, false))
			}
		}
		return m, true
	}
	place := jsonrpc.Owner(d.open, m.ID, d.refused)
	switch {
	case place >= 0:
		if id := d.settle(place); !id.Is(m.ID) {
			m = withID(m, id)
		}
		return m, true
	case slices.ContainsFunc(d.answered, m.ID.Is):
		return m, false
	case len(d.open) == 1 && len(d.answered) == 0: // perhaps the one response that is due
		d.stray = &m
		return m, false
	}
	return m, true
}

func (d *due) settle(place int) jsonrpc.ID {
	if place < 0 {
		return nil
	}
	id := d.open[place]
	d.open, d.answered = slices.Delete(d.open, place, place+1), append(d.answered, id)
	return id
}

// answerFaulty answers the request whose response is no message, if err tells which.
func (r *relay) answerFaulty(err error) []byte {
	d := &r.due
	d.faulty = true
	faulty, ok := errors.AsType[*jsonrpc.EnvelopeError](err)
	if !ok || faulty.Answered == nil {
		return nil
	}
	place := jsonrpc.Owner(d.open, faulty.Answered, d.refused)
	if place < 0 {
		return nil
	}
	return r.refusalEvent(d.settle(place), r.faultyAnswer(err))
}

func (r *relay) faultyAnswer(err error) *refusal.Error {
	e := refusal.New(refusal.BadAnswer, "The answer is not a JSON-RPC message.%s", r.ran())
	if err != nil {
		e.Data.Detail = refusal.Quote(err.Error())
	}
	return e
}

// refusalEvent is the response to one request of a stream, in the gateway's words.
func (r *relay) refusalEvent(id jsonrpc.ID, e *refusal.Error) []byte {
	r.x.reason = e.Data.Reason
	m, err := jsonrpc.Parse(e.Response(id))
	if err != nil { // it was made here
		panic(err)
	}
	return event(r.filtered(m))
}

// endEvents answers what a stream that has ended left open. The rest of one with event
// ids may still be asked for.
func (r *relay) endEvents() error {
	d := &r.due
	var out []byte
	switch {
	case d.stray != nil && len(d.open) == 1: // one POST, one response
		out = event(r.filtered(withID(*d.stray, d.open[0])))
	case d.faulty || !d.resumable:
		for _, id := range d.open {
			e := r.faultyAnswer(nil)
			if !d.faulty {
				e = refusal.New(refusal.NoAnswer, "The server's stream ended without an answer.%s", r.ran())
			}
			out = append(out, r.refusalEvent(id, e)...)
		}
	}
	if out == nil {
		return nil
	}
	return r.x.out.piece(out, true)
}

// refuseOpen answers every request that is open, of a stream that cannot be read.
func (r *relay) refuseOpen(e *refusal.Error) error {
	var out []byte
	for _, id := range r.due.open {
		out = append(out, r.refusalEvent(id, e)...)
	}
	if out == nil {
		return e
	}
	return r.x.out.piece(out, true)
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
	r      *bufio.Reader
	max    int64 // of a block, in bytes
	begun  bool  // the first line was looked at
	skipLF bool  // the last line ended in CR
}

const byteOrderMark = "\uFEFF"

// next returns the next block. One that the end of the stream cuts off is dropped, as
// the standard wants, unless it is a whole response, for which somebody waits.
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
