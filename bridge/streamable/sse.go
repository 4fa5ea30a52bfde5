package streamable

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"
	"time"
)

// event is one server-sent event (WHATWG HTML, section 9.2). Its type is not
// kept: MCP gives it no meaning.
type event struct {
	data []byte // lines joined by \n; nil where the event has none
	id   string // last event id in force after this event
}

// eventReader reads an event stream. Lines may end in LF, CRLF or CR. Data is
// appended straight from the read buffer, so that a message of many megabytes,
// which is one line, is copied once.
type eventReader struct {
	r       *bufio.Reader
	max     int64    // of an event's data, in bytes
	buffers *buffers // memory for data
	id      string
	retry   time.Duration // as the server last asked, 0 where it did not
	skipLF  bool
	started bool
}

// errEventTooLarge says that an event's data exceeds the reader's limit.
var errEventTooLarge = errors.New("event too large")

func newEventReader(r io.Reader, lastID string, max int64, b *buffers) *eventReader {
	return &eventReader{r: bufio.NewReaderSize(r, 64<<10), id: lastID, max: max, buffers: b}
}

// next returns the next event. An event cut off by the end of the stream is
// returned beside the error, io.EOF or the reader's own; the standard drops it.
func (e *eventReader) next() (event, error) {
	var ev event
	for {
		blank, err := e.line(&ev)
		if err != nil {
			return ev, err
		}
		if blank && (ev.data != nil || ev.id != "") {
			ev.id = e.id
			return ev, nil
		}
	}
}

// line reads one line into ev and reports whether it was blank.
func (e *eventReader) line(ev *event) (blank bool, err error) {
	var field []byte // all of a line that is not data
	inData := false
	for first := true; ; first = false {
		piece, ended, err := e.piece()
		if err != nil {
			return false, err
		}
		if first {
			if value, ok := dataField(piece, ended); ok {
				inData, piece = true, value
				if ev.data == nil {
					ev.data = []byte{}
				} else {
					ev.data = append(ev.data, '\n')
				}
			}
		}
		if inData {
			if int64(len(ev.data)+len(piece)) > e.max {
				return false, fmt.Errorf("reading event: %w: more than %d bytes", errEventTooLarge, e.max)
			}
			ev.data = append(e.buffers.grow(ev.data, len(piece)), piece...)
		} else if len(field) < excerptSize { // no other field is worth more
			field = append(field, piece...)
		}
		if ended {
			if inData {
				return false, nil
			}
			e.field(field, ev)
			return len(field) == 0, nil
		}
	}
}

// dataField reports whether a line that begins with piece is a data line, and
// returns what of the value is in piece. A piece is never shorter than the field
// name unless the line is.
func dataField(piece []byte, ended bool) ([]byte, bool) {
	if ended && string(piece) == "data" {
		return nil, true
	}
	value, ok := bytes.CutPrefix(piece, []byte("data:"))
	if !ok {
		return nil, false
	}
	return bytes.TrimPrefix(value, []byte(" ")), true
}

// piece returns the next part of the current line and whether the line ends
// with it. The bytes are valid until the next call.
func (e *eventReader) piece() ([]byte, bool, error) {
	if !e.started {
		e.started = true
		if bom, err := e.r.Peek(3); err == nil && string(bom) == "\uFEFF" {
			_, _ = e.r.Discard(3) // cannot fail, Peek has buffered them
		}
	}
	const maxPrefix = len("data: ")
	if _, err := e.r.Peek(1); err != nil {
		return nil, false, err
	}
	buf, _ := e.r.Peek(e.r.Buffered())
	if e.skipLF {
		e.skipLF = false
		if buf[0] == '\n' {
			_, _ = e.r.Discard(1)
			return e.piece()
		}
	}
	end := bytes.IndexByte(buf, '\n')
	line := buf
	if end >= 0 {
		line = buf[:end]
	}
	if cr := bytes.IndexByte(line, '\r'); cr >= 0 {
		end = cr
	}
	if end < 0 {
		if len(buf) < maxPrefix { // wait for enough to know the field
			if _, err := e.r.Peek(len(buf) + 1); err != nil {
				return nil, false, err
			}
			return e.piece()
		}
		_, _ = e.r.Discard(len(buf))
		return buf, false, nil
	}
	e.skipLF = buf[end] == '\r'
	_, _ = e.r.Discard(end + 1)
	return buf[:end], true, nil
}

// field takes in a line other than data. Unknown fields and comments, which
// servers send to keep the connection alive, mean nothing.
func (e *eventReader) field(line []byte, ev *event) {
	name, value, _ := bytes.Cut(line, []byte(":"))
	value = bytes.TrimPrefix(value, []byte(" "))
	switch string(name) {
	case "id":
		if bytes.IndexByte(value, 0) < 0 {
			e.id = string(value)
			ev.id = e.id
		}
	case "retry":
		if ms, err := strconv.ParseUint(string(value), 10, 31); err == nil {
			e.retry = time.Duration(ms) * time.Millisecond
		}
	}
}
