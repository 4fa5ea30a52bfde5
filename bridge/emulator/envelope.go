package emulator

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"github.com/go-json-experiment/json/jsontext"
)

// envelope is the body of POST /api/2.0/external-function.
//
// Verified: its members and that headers, json and params are strings which hold
// JSON (databricks-sdk-go service/serving ExternalFunctionRequest). Assumed:
// that unknown and repeated members are refused, and all words of refusal.
type envelope struct {
	connection, method, path, subDomain string
	header                              http.Header // decoded headers
	query                               string      // decoded params, encoded as a query
	payload                             []byte      // the json string's own bytes
}

// maxEnvelope bounds what is read of one envelope. Databricks' own limit is not
// documented.
const maxEnvelope = 512 << 20

// readEnvelope reads and decodes the body, and peeks at the message inside.
func (c *call) readEnvelope() *refusal {
	if c.r.Method != http.MethodPost {
		return nil // refused later, as an endpoint that does not exist
	}
	body, err := readAll(http.MaxBytesReader(c.w, c.r.Body, maxEnvelope), c.r.ContentLength)
	if err != nil {
		return malformed(err)
	}
	c.prefix = clipped(body)
	if c.envelope, err = decodeEnvelope(body); err != nil {
		return malformed(err)
	}
	c.name = c.envelope.connection
	c.message = peek(c.envelope.payload)
	return nil
}

// readAll reads r to its end, in one piece where its length is known.
func readAll(r io.Reader, length int64) ([]byte, error) {
	if length < 0 {
		return io.ReadAll(r)
	}
	b := make([]byte, length)
	_, err := io.ReadFull(r, b)
	return b, err
}

func malformed(cause error) *refusal {
	return &refusal{
		status: http.StatusBadRequest, code: codeMalformedRequest,
		message: "Invalid JSON given in the body of the request - " + cause.Error(),
	}
}

// decodeEnvelope reads an envelope strictly: known members, each once, each a
// string or null, which stands for its absence.
func decodeEnvelope(body []byte) (envelope, error) {
	var e envelope
	d := jsontext.NewDecoder(bytes.NewBuffer(body))
	if tok, err := d.ReadToken(); err != nil {
		return e, err
	} else if tok.Kind() != jsontext.KindBeginObject {
		return e, errors.New("not an object")
	}
	for d.PeekKind() != jsontext.KindEndObject {
		tok, err := d.ReadToken()
		if err != nil {
			return e, err
		}
		name := tok.String()
		value, err := d.ReadValue()
		if err != nil {
			return e, err
		}
		if value.Kind() == jsontext.KindNull { // which the Python SDK sends for what is not given (mixins/open_ai_client.py)
			continue
		}
		if value.Kind() != jsontext.KindString {
			return e, fmt.Errorf("member %q is not a string", name)
		}
		text, err := jsontext.AppendUnquote(nil, value)
		if err != nil {
			return e, err
		}
		if err := e.set(name, text); err != nil {
			return e, err
		}
	}
	if _, err := d.ReadToken(); err != nil {
		return e, err
	}
	if _, err := d.ReadToken(); !errors.Is(err, io.EOF) {
		return e, errors.New("more than one value")
	}
	return e, nil
}

func (e *envelope) set(name string, text []byte) (err error) {
	switch name {
	case "connection_name":
		e.connection = string(text)
	case "method":
		e.method = string(text)
	case "path":
		e.path = string(text)
	case "sub_domain":
		e.subDomain = string(text)
	case "json":
		e.payload = text
	case "headers":
		var headers map[string]string
		if err = json.Unmarshal(text, &headers); err == nil {
			e.header = http.Header{}
			for k, v := range headers {
				e.header.Set(k, v)
			}
		}
	case "params":
		var params map[string]json.RawMessage
		if err = json.Unmarshal(text, &params); err == nil {
			query := url.Values{}
			for k, v := range params {
				query.Set(k, plain(v))
			}
			e.query = query.Encode()
		}
	default:
		return fmt.Errorf("unknown member %q", name)
	}
	if err != nil {
		return fmt.Errorf("member %q does not hold a JSON object: %w", name, err)
	}
	return nil
}

// plain returns the text of a JSON string, and any other value as it is spelled.
func plain(value json.RawMessage) string {
	if text, err := jsontext.AppendUnquote(nil, value); err == nil {
		return string(text)
	}
	return string(value)
}

// envelopeMethods are the methods the envelope may name (verified: enum
// ExternalFunctionRequestHttpMethod of databricks-sdk-go service/serving).
var envelopeMethods = []string{http.MethodGet, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete}

// serveExternalFunction makes the request an envelope describes and answers with
// what comes back.
//
// Verified: status and body are the upstream's, Mcp-Session-Id passes, the path
// is appended to the base path and may not climb out of it, and only the
// envelope's headers and the credential are sent. Assumed: the whole answer is
// gathered before any of it is sent, its other headers are dropped, its
// Content-Type is text/plain, and a payload is announced as JSON, and every kind of
// answer taken, if the headers do not say otherwise: the cookbook's recipe sends none.
func (w *Workspace) serveExternalFunction(c *call) {
	e := c.envelope
	conn, refused := w.catalog.admit(e.connection, c.caller)
	switch {
	case c.r.Method != http.MethodPost || !conn.offers(c.route):
		c.refuse(endpointNotFound(c.r.Method, c.r.URL.Path))
	case !slices.Contains(envelopeMethods, e.method):
		c.refuse(invalidParameter("Invalid HTTP method '" + e.method + "'."))
	case climbs(e.path):
		c.refuse(invalidParameter("Path must not contain '..'."))
	case refused != nil:
		c.refuse(refused)
	case conn.target.err != nil:
		c.refuse(unreachable("the upstream", conn.target.err))
	default:
		w.callFunction(c, conn.target)
	}
}

func (w *Workspace) callFunction(c *call, t target) {
	req := c.envelope.request(c.r.Context(), t)
	w.audit.sentOn(c.entry, Upstream{
		Method: req.Method, Path: req.URL.RequestURI(), Header: masked(req.Header), Body: clipped(c.envelope.payload),
	}, false)
	if c.loseSession {
		w.endSession(t, req)
	}
	var got whole
	if err := w.send(t, req, &got); err != nil {
		c.sendingFailed(t, err)
		return
	}
	h := c.w.Header()
	if id := got.Header().Get("Mcp-Session-Id"); id != "" {
		h.Set("Mcp-Session-Id", id)
	}
	if len(got.body) > 0 {
		h.Set("Content-Type", "text/plain")
	}
	h.Set("Content-Length", strconv.Itoa(len(got.body)))
	c.w.WriteHeader(got.status)
	_, _ = c.w.Write(got.body) // the caller is gone: nobody is left to tell
}

// request returns the request the envelope describes.
func (e *envelope) request(ctx context.Context, t target) *http.Request {
	u := t.at(e.path, e.query)
	if e.subDomain != "" {
		u.Host = e.subDomain + "." + u.Host
	}
	req := (&http.Request{
		Method:        e.method,
		URL:           u,
		Header:        onward(e.header),
		Body:          http.NoBody,
		ContentLength: int64(len(e.payload)),
	}).WithContext(ctx)
	if req.Header.Get("Accept") == "" {
		req.Header.Set("Accept", "*/*")
	}
	if len(e.payload) > 0 {
		req.Body = io.NopCloser(bytes.NewReader(e.payload))
		if req.Header.Get("Content-Type") == "" {
			req.Header.Set("Content-Type", "application/json")
		}
	}
	t.sign(req.Header)
	return req
}

// whole is a response kept in memory. It does not implement http.Flusher: it
// cannot stream.
type whole struct {
	header http.Header
	status int
	body   []byte
}

func (a *whole) Header() http.Header {
	if a.header == nil {
		a.header = http.Header{}
	}
	return a.header
}

func (a *whole) WriteHeader(status int) {
	if a.status != 0 {
		return
	}
	a.status = status
	if n, err := strconv.Atoi(a.header.Get("Content-Length")); err == nil && n > 0 {
		a.body = make([]byte, 0, min(n, maxEnvelope))
	}
}

func (a *whole) Write(p []byte) (int, error) {
	if a.status == 0 {
		a.WriteHeader(http.StatusOK)
	}
	a.body = append(a.body, p...)
	return len(p), nil
}
