package databricks

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
)

// message is the body of a request that may have to be sent twice.
type message struct {
	open func() (io.ReadCloser, error) // nil where there is no body
	size int64
}

// bodyOf takes over the body of req, which it closes.
func bodyOf(req *http.Request) (message, error) {
	if req.GetBody != nil { // of the readers it makes, there need not be one yet
		if req.Body != nil {
			_ = req.Body.Close() // of memory
		}
		return message{open: req.GetBody, size: req.ContentLength}, nil
	}
	if req.Body == nil || req.Body == http.NoBody {
		return message{}, nil
	}
	defer req.Body.Close()
	raw, err := io.ReadAll(req.Body)
	if err != nil {
		return message{}, fmt.Errorf("reading request: %w", err)
	}
	return messageOf(raw), nil
}

func messageOf(raw []byte) message {
	return message{
		open: func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(raw)), nil },
		size: int64(len(raw)),
	}
}

// attach makes m the body of req. The body stays what open returned: the
// transport knows readers of memory, and writes them together with the headers.
func (m message) attach(req *http.Request) error {
	if m.open == nil {
		return nil
	}
	body, err := m.open()
	if err != nil {
		return fmt.Errorf("reading request: %w", err)
	}
	req.Body, req.GetBody, req.ContentLength = body, m.open, m.size
	return nil
}

// peekBody returns the first bytes of the body, at most max of them, and puts
// them back in front. It stops early once enough is content. What fails while
// peeking fails again for the reader of the body.
func peekBody(resp *http.Response, max int, enough func([]byte) bool) []byte {
	if length := resp.ContentLength; length > 0 && length < int64(max) {
		max = int(length)
	}
	head := make([]byte, 0, max)
	var end error
	for len(head) < max && !enough(head) && end == nil {
		var n int
		n, end = resp.Body.Read(head[len(head):max])
		head = head[:len(head)+n]
	}
	resp.Body = &peeked{head: head, end: end, ReadCloser: resp.Body}
	return head
}

func toTheEnd([]byte) bool { return false }

// peeked is a body of which the head was read.
type peeked struct {
	head []byte
	end  error // why there is no more, nil where there may be
	io.ReadCloser
}

func (p *peeked) Read(b []byte) (int, error) {
	switch {
	case len(p.head) > 0:
		n := copy(b, p.head)
		p.head = p.head[n:]
		return n, nil
	case p.end != nil:
		return 0, p.end
	}
	return p.ReadCloser.Read(b)
}
