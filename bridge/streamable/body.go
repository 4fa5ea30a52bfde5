package streamable

import (
	"bytes"
	"errors"
	"io"

	"ucbridge/bridge/jsonrpc"
)

// byteOrderMark is no part of a message.
var byteOrderMark = []byte("\uFEFF")

// Parse reads a message of a server, a little more kindly than [jsonrpc.Parse]: a byte
// order mark in front is no part of it, and "error":null beside a result is left out,
// since many readers take it as absent and some refuse it.
func Parse(raw []byte) (jsonrpc.Message, error) {
	raw = bytes.TrimPrefix(raw, byteOrderMark)
	m, err := jsonrpc.Parse(raw)
	return parsed(raw, m, err)
}

// parsed returns what jsonrpc.Parse has of raw, without an "error":null beside a result.
func parsed(raw []byte, m jsonrpc.Message, err error) (jsonrpc.Message, error) {
	if _, faulty := errors.AsType[*jsonrpc.EnvelopeError](err); !faulty {
		return m, err
	}
	raw = bytes.TrimPrefix(raw, byteOrderMark)
	if string(jsonrpc.Value(raw, "error")) == "null" && jsonrpc.Value(raw, "result") != nil {
		return jsonrpc.Parse(jsonrpc.Remove(raw, "error"))
	}
	return m, err
}

// parseWhile is the first part of [Parse], of a message that is still being read: more
// waits for more of it and returns all that has come, see [jsonrpc.ParseWhile]. The second
// part is [parsed], when all of it has come.
func parseWhile(raw []byte, more func() []byte) (jsonrpc.Message, error) {
	for len(raw) < len(byteOrderMark) && bytes.HasPrefix(byteOrderMark, raw) {
		before := len(raw)
		if raw = more(); len(raw) == before {
			break
		}
	}
	mark := len(raw) - len(bytes.TrimPrefix(raw, byteOrderMark))
	return jsonrpc.ParseWhile(raw[mark:], func() []byte { return more()[mark:] })
}

// pieceSize is how many bytes of a body are read before they are looked at, while they
// are in the processor's cache.
const pieceSize = 256 << 10

// bodyReader reads a body into one buffer.
type bodyReader struct {
	body   io.Reader
	length int64 // of the body, 0 or less where it is not known
	max    int64
	memory *Memory
	raw    []byte
	fault  error // why there is no more, io.EOF at the end
	ended  bool  // the body itself has told its end
}

// more waits for more of the body and returns all that has come.
func (r *bodyReader) more() []byte {
	for before := len(r.raw); len(r.raw) == before && r.fault == nil; {
		if before > 0 && int64(before) == r.length {
			r.fault = io.EOF
			break
		}
		room := bytes.MinRead
		if r.length > 0 {
			room = int(r.length) - before
		}
		r.raw = r.memory.grow(r.raw, room)
		n, err := r.body.Read(r.raw[before:min(cap(r.raw), before+pieceSize)])
		r.raw, r.fault, r.ended = r.raw[:before+n], err, errors.Is(err, io.EOF)
		if int64(len(r.raw)) > r.max {
			r.fault = &TooLargeError{Limit: r.max}
		}
	}
	return r.raw
}

// parse reads the message that the body is, to where it ends or is at fault.
func (r *bodyReader) parse() (jsonrpc.Message, error) { return parseWhile(r.more(), r.more) }

// all reads the rest of the body and returns all of it.
func (r *bodyReader) all() ([]byte, error) {
	for r.fault == nil {
		r.more()
	}
	if errors.Is(r.fault, io.EOF) {
		return r.raw, nil
	}
	return r.raw, r.fault
}
