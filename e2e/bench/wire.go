package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
)

// wire is one HTTP/1.1 connection of a caller, and as little around it as there
// can be: what is measured is the other end, and there are ten thousand of these.
type wire struct {
	conn net.Conn
	r    *bufio.Reader
	head string // of requests, up to their length
	buf  []byte
}

// dialWire connects to a server for a user's requests to one path.
func dialWire(addr, path, token, session string) (*wire, error) {
	return dialWireAs(addr, path, "X-Forwarded-Access-Token: "+token, session)
}

// dialWireAs is dialWire with the header line by which the server knows the user.
func dialWireAs(addr, path, credential, session string) (*wire, error) {
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		return nil, err
	}
	head := " " + path + " HTTP/1.1\r\nHost: " + addr + "\r\nContent-Type: application/json\r\nAccept: application/json, text/event-stream\r\n" +
		credential + "\r\nMcp-Protocol-Version: 2025-11-25\r\n"
	if session != "" {
		head += "Mcp-Session-Id: " + session + "\r\n"
	}
	return &wire{conn: conn, r: bufio.NewReaderSize(conn, 1<<10), head: head}, nil
}

func (w *wire) close() { _ = w.conn.Close() } // nothing is under way

// send writes a request.
func (w *wire) send(method string, body []byte) error {
	w.buf = append(append(w.buf[:0], method...), w.head...)
	w.buf = append(w.buf, "Content-Length: "...)
	w.buf = strconv.AppendInt(w.buf, int64(len(body)), 10)
	w.buf = append(append(w.buf, "\r\n\r\n"...), body...)
	_, err := w.conn.Write(w.buf)
	return err
}

// answerHead is what matters in the head of an answer.
type answerHead struct {
	status  int
	length  int // -1 where it was not said
	chunked bool
	session string
}

func (w *wire) readHead() (answerHead, error) {
	h := answerHead{length: -1}
	for first := true; ; first = false {
		line, err := w.r.ReadSlice('\n')
		if err != nil {
			return h, noEOF(err)
		}
		line = bytes.TrimRight(line, "\r\n")
		switch {
		case first && len(line) >= 12:
			h.status = int(number(line[9:12]))
		case len(line) == 0:
			return h, nil
		case hasName(line, "Content-Length:"):
			h.length = int(number(bytes.TrimSpace(line[len("Content-Length:"):])))
		case hasName(line, "Transfer-Encoding:"):
			h.chunked = true
		case hasName(line, "Mcp-Session-Id:"):
			h.session = string(bytes.TrimSpace(line[len("Mcp-Session-Id:"):]))
		}
	}
}

func hasName(line []byte, name string) bool {
	return len(line) >= len(name) && strings.EqualFold(string(line[:len(name)]), name)
}

// ask sends a message and returns the body of the answer, which is valid until
// the next.
func (w *wire) ask(message []byte) (answerHead, []byte, error) {
	if err := w.send("POST", message); err != nil {
		return answerHead{}, nil, err
	}
	h, err := w.readHead()
	if err != nil {
		return h, nil, fmt.Errorf("reading an answer: %w", err)
	}
	if h.chunked {
		err := w.readChunks()
		return h, w.buf, err
	}
	if h.length < 0 {
		return h, nil, errors.New("an answer without a length")
	}
	w.buf = append(w.buf[:0], make([]byte, h.length)...)
	_, err = io.ReadFull(w.r, w.buf)
	return h, w.buf, noEOF(err)
}

// readChunks reads a body in chunks (RFC 9112, section 7.1) into w.buf.
func (w *wire) readChunks() error {
	w.buf = w.buf[:0]
	for {
		line, err := w.r.ReadSlice('\n')
		if err != nil {
			return noEOF(err)
		}
		n, err := strconv.ParseUint(string(bytes.TrimSpace(line)), 16, 31)
		if err != nil {
			return fmt.Errorf("reading a chunk: %w", err)
		}
		have := len(w.buf)
		w.buf = append(w.buf, make([]byte, n+2)...)
		if _, err := io.ReadFull(w.r, w.buf[have:]); err != nil {
			return noEOF(err)
		}
		w.buf = w.buf[:have+int(n)]
		if n == 0 {
			return nil
		}
	}
}
