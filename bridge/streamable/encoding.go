package streamable

import (
	"bufio"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"errors"
	"io"
	"net/http"
	"strings"

	"ucbridge/bridge/refusal"
)

// Decode undoes the compression of an answer (RFC 9110, Content-Encoding). None is
// asked for, but servers and boxes on the way compress all the same. gzip and deflate
// are undone as the body is read, so that a stream stays one. Of any other encoding the
// body is closed: the error names it, and where the status is one of failure, which says
// enough without a body, the name stands in its place.
func Decode(resp *http.Response) error {
	encoding := strings.ToLower(strings.TrimSpace(resp.Header.Get("Content-Encoding")))
	var open func(*bufio.Reader) (io.Reader, error)
	switch encoding {
	case "", "identity":
		return nil
	case "gzip", "x-gzip":
		open = func(r *bufio.Reader) (io.Reader, error) { return gzip.NewReader(r) }
	case "deflate":
		open = inflate
	default:
		resp.Body.Close()
		if resp.StatusCode >= http.StatusBadRequest {
			replace(resp, "text/plain", "(compressed: "+refusal.Quote(encoding)+")")
			return nil
		}
		e := refusal.New(refusal.BadAnswer, "The answer is compressed in a way that ucbridge cannot read (%s). %s", refusal.Quote(encoding), refusal.CheckFirst).
			WithHint("let the MCP server, or the proxy in front of it, compress only for clients that ask for it")
		e.Data.HTTPStatus = resp.StatusCode
		return e
	}
	resp.Body = &decoded{Closer: resp.Body, raw: bufio.NewReader(resp.Body), encoding: strings.TrimPrefix(encoding, "x-"), open: open}
	resp.ContentLength = -1
	resp.Header.Del("Content-Encoding")
	resp.Header.Del("Content-Length")
	return nil
}

// replace puts another body in the place of the answer's, which has been closed.
func replace(resp *http.Response, kind, body string) {
	resp.Body = io.NopCloser(strings.NewReader(body))
	resp.ContentLength = int64(len(body))
	resp.Header.Del("Content-Encoding")
	resp.Header.Del("Content-Length")
	resp.Header.Set("Content-Type", kind)
}

// inflate reads deflate, which is zlib's format by RFC 9110, and bare for some servers.
func inflate(r *bufio.Reader) (io.Reader, error) {
	if head, err := r.Peek(2); err == nil && head[0]&0x0f == 8 && (int(head[0])<<8|int(head[1]))%31 == 0 {
		return zlib.NewReader(r)
	}
	return flate.NewReader(r), nil
}

// decoded is a body that is decompressed as it is read. Nothing is read before that:
// the head of a stream must not wait for its first event.
type decoded struct {
	io.Closer
	raw      *bufio.Reader
	encoding string // gzip or deflate
	open     func(*bufio.Reader) (io.Reader, error)
	r        io.Reader
}

func (d *decoded) Read(p []byte) (int, error) {
	if d.r == nil {
		if _, err := d.raw.Peek(1); err != nil {
			return 0, err // an empty body needs no header
		}
		r, err := d.open(d.raw)
		if err != nil {
			return 0, d.faulty(err)
		}
		d.r = r
	}
	n, err := d.r.Read(p)
	return n, d.faulty(err)
}

// faulty words what is wrong with the compression itself; a body that breaks off, or
// ends, is another matter.
func (d *decoded) faulty(err error) error {
	_, corrupt := errors.AsType[flate.CorruptInputError](err)
	for _, wrong := range []error{gzip.ErrHeader, gzip.ErrChecksum, zlib.ErrHeader, zlib.ErrChecksum, zlib.ErrDictionary} {
		corrupt = corrupt || errors.Is(err, wrong)
	}
	if !corrupt {
		return err
	}
	e := refusal.New(refusal.BadAnswer, "The answer cannot be decompressed: it claims to be %s, and is not. %s", d.encoding, refusal.CheckFirst).
		WithHint("let the MCP server, or the proxy in front of it, send the right Content-Encoding, or not compress")
	return &encodingError{e, err}
}

// encodingError is a body that is not compressed as it says.
type encodingError struct {
	words *refusal.Error
	err   error
}

func (e *encodingError) Error() string   { return e.words.Error() + ": " + e.err.Error() }
func (e *encodingError) Unwrap() []error { return []error{e.words, e.err} }
