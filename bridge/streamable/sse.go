package streamable

import (
	"bytes"
	"errors"
	"io"
	"strconv"
	"time"

	"ucbridge/bridge/jsonrpc"
)

// event is one server-sent event (WHATWG HTML, section 9.2). Its type is not
// kept: MCP gives it no meaning.
type event struct {
	data []byte // lines joined by \n; nil where the event has none
	id   string // last event id in force after this event
	// message is what [Parse] reads in data, and fault why it reads none there; both are
	// empty where there is no data.
	message jsonrpc.Message
	fault   error
}

// eventReader reads an event stream. Lines may end in LF, CRLF or CR. The data of a large
// event is read straight into the event's own memory, and parsed meanwhile.
type eventReader struct {
	body   io.Reader
	max    int64   // of an event's data, in bytes
	memory *Memory // for data

	id    string        // as the server last gave it
	retry time.Duration // as the server last asked, 0 where it did not

	unread []byte // of the stream, what was read and not looked at
	room   []byte // the memory of unread
	end    error  // why the stream has no more than unread
	begun  bool   // a byte order mark was looked for
	skipLF bool   // the last line ended in CR, to which a LF belongs

	inLine bool   // a part of a line was taken in
	inData bool   // it is a data line
	field  []byte // the part, where it is of another; of pieces maxField bytes and one are kept

	data  []byte // of the event that is being read
	named bool   // that event has an id
	over  bool   // it is complete
	fault error  // why it will not be
}

// errEventTooLarge says that an event's data exceeds the reader's limit.
var errEventTooLarge = errors.New("event too large")

// inputSize is how many bytes of a stream are read at once outside of large events.
const inputSize = 4 << 10

// maxField is the longest line, other than of data, that counts. An id goes back in a header,
// and servers and proxies take lines of 8 KiB there.
const maxField = 8 << 10

func newEventReader(r io.Reader, lastID string, max int64, m *Memory) *eventReader {
	return &eventReader{body: r, id: lastID, max: max, memory: m}
}

// next returns the next event. An event cut off by the end of the stream is
// returned beside the error, io.EOF or the reader's own; the standard drops it.
func (e *eventReader) next() (event, error) {
	e.data, e.named, e.over, e.fault = nil, false, false, nil
	var ev event
	if len(e.more()) > 0 {
		ev.message, ev.fault = e.parse()
	}
	for e.goesOn() {
		e.more()
	}
	if len(e.data) > 0 {
		ev.message, ev.fault = parsed(e.data, ev.message, ev.fault)
	}
	ev.data, ev.id = e.data, e.id
	return ev, e.fault
}

// parse reads the message in the event's data, to where it ends or is at fault. What comes
// as a whole, as small events do, needs no waiting.
func (e *eventReader) parse() (jsonrpc.Message, error) {
	if !e.goesOn() {
		return jsonrpc.Parse(bytes.TrimPrefix(e.data, byteOrderMark))
	}
	return parseWhile(e.data, e.more)
}

// goesOn reports whether there is more of the event to wait for.
func (e *eventReader) goesOn() bool { return !e.over && e.fault == nil }

// more waits for more of the event's data, takes in all that has come with it, and returns
// all of the data that there is.
func (e *eventReader) more() []byte {
	before := len(e.data)
	for e.goesOn() && (len(e.data) == before || len(e.unread) > 0) {
		e.step()
	}
	return e.data
}

// step takes in the next part of the stream.
func (e *eventReader) step() {
	if e.inData && len(e.unread) == 0 && e.end == nil {
		e.readData()
		return
	}
	part, ended, err := e.part()
	if err != nil {
		e.fault = err
		return
	}
	if !e.inLine {
		e.inLine = true
		if value, ok := dataField(part, ended); ok {
			e.inData, part = true, value
			e.startData()
		}
	}
	switch {
	case e.inData:
		e.data = append(e.memory.grow(e.data, len(part)), part...)
		e.checkSize()
	case ended && len(e.field) == 0:
		e.field = part
	default:
		e.field = append(e.field, part[:min(len(part), maxField+1-len(e.field))]...)
	}
	if ended {
		e.endLine()
	}
}

// startData begins a data line. The data of several is joined by line feeds.
func (e *eventReader) startData() {
	if e.data == nil {
		e.data = []byte{}
	} else {
		e.data = append(e.memory.grow(e.data, 1), '\n')
	}
}

// readData reads on in a data line, into the memory of the event.
func (e *eventReader) readData() {
	before := len(e.data)
	e.data = e.memory.grow(e.data, bytes.MinRead)
	n, err := e.body.Read(e.data[before:min(cap(e.data), before+pieceSize)])
	e.end = err
	e.data = e.data[:before+n]
	if end := lineEnd(e.data[before:]); end >= 0 {
		line := e.data[:before+end]
		e.skipLF = e.data[len(line)] == '\r'
		e.room = append(e.room[:0], e.data[len(line)+1:]...)
		e.unread, e.data = e.room, line
		e.endLine()
	}
	e.checkSize()
}

func (e *eventReader) checkSize() {
	if int64(len(e.data)) > e.max {
		e.fault = errEventTooLarge
	}
}

// endLine takes in the line that has ended. A blank one ends an event, if there is one.
func (e *eventReader) endLine() {
	switch {
	case e.inData:
	case len(e.field) == 0:
		e.over = e.data != nil || e.named
	default:
		e.takeField(e.field)
	}
	e.inLine, e.inData, e.field = false, false, nil
}

// dataField reports whether a line that begins with part is a data line, and
// returns what of the value is in part. A part is never shorter than the field
// name unless the line is.
func dataField(part []byte, ended bool) ([]byte, bool) {
	if ended && string(part) == "data" {
		return nil, true
	}
	value, ok := bytes.CutPrefix(part, []byte("data:"))
	if !ok {
		return nil, false
	}
	return bytes.TrimPrefix(value, []byte(" ")), true
}

// part returns the next part of the current line and whether the line ends
// with it. The bytes are valid until the stream is read on.
func (e *eventReader) part() ([]byte, bool, error) {
	e.dropMark()
	if err := e.read(1); err != nil {
		return nil, false, err
	}
	if e.skipLF {
		e.skipLF = false
		if e.unread[0] == '\n' {
			e.unread = e.unread[1:]
			return e.part()
		}
	}
	if end := lineEnd(e.unread); end >= 0 {
		line := e.unread[:end]
		e.skipLF = e.unread[end] == '\r'
		e.unread = e.unread[end+1:]
		return line, true, nil
	}
	const maxPrefix = len("data: ")
	if !e.inLine && len(e.unread) < maxPrefix { // wait for enough to know the field
		if err := e.read(len(e.unread) + 1); err != nil {
			return nil, false, err
		}
		return e.part()
	}
	part := e.unread
	e.unread = nil
	return part, false, nil
}

// dropMark leaves out a byte order mark at the beginning of the stream.
func (e *eventReader) dropMark() {
	if e.begun {
		return
	}
	e.begun = true
	for len(e.unread) < len(byteOrderMark) && bytes.HasPrefix(byteOrderMark, e.unread) {
		if e.read(len(e.unread)+1) != nil {
			return // no stream: what has come is for the reader of lines
		}
	}
	e.unread = bytes.TrimPrefix(e.unread, byteOrderMark)
}

// read waits until n bytes are unread. The error says why there will not be so many.
func (e *eventReader) read(n int) error {
	for len(e.unread) < n {
		if e.end != nil {
			return e.end
		}
		if cap(e.room) < inputSize {
			e.room = make([]byte, 0, inputSize)
		}
		e.room = append(e.room[:0], e.unread...) // which is in the same memory, and a few bytes
		var come int
		come, e.end = e.body.Read(e.room[len(e.room):cap(e.room)])
		e.room = e.room[:len(e.room)+come]
		e.unread = e.room
	}
	return nil
}

// lineEnd returns where the first line in text ends, -1 where it does not.
func lineEnd(text []byte) int {
	end := bytes.IndexByte(text, '\n')
	if end >= 0 {
		text = text[:end]
	}
	if cr := bytes.IndexByte(text, '\r'); cr >= 0 {
		return cr
	}
	return end
}

// takeField takes in a line other than data. Unknown fields and comments, which
// servers send to keep the connection alive, mean nothing.
func (e *eventReader) takeField(line []byte) {
	name, value, _ := bytes.Cut(line, []byte(":"))
	value = bytes.TrimPrefix(value, []byte(" "))
	switch string(name) {
	case "id":
		switch {
		case len(line) > maxField, bytes.IndexByte(value, 0) < 0 && bytes.ContainsFunc(value, unsendable):
			e.id, e.named = "", false // as good as none: it cannot be given back
		case bytes.IndexByte(value, 0) >= 0:
		default:
			e.id = string(value)
			e.named = e.id != ""
		}
	case "retry":
		if ms, err := strconv.ParseUint(string(value), 10, 31); err == nil {
			e.retry = time.Duration(ms) * time.Millisecond
		}
	}
}

// unsendable reports whether net/http refuses a header that holds the character (RFC
// 9110, section 5.5).
func unsendable(r rune) bool { return r < ' ' && r != '\t' || r == 0x7f }
