package gateway

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/go-json-experiment/json/jsontext"

	"ucbridge/bridge/govern"
	"ucbridge/bridge/jsonrpc"
	"ucbridge/bridge/mcp"
	"ucbridge/bridge/refusal"
	"ucbridge/bridge/streamable"
	"ucbridge/bridge/telemetry"
)

// maxChecked is how much of a body that nothing governs is read before it is passed
// on. What is longer, comes as JSON with a status of success and begins as a result is one,
// and no page or error of somebody on the way; it is copied as it comes, unless it has to be
// made an event.
const maxChecked = 1 << 20

// relay carries one answer of the MCP server back to the caller.
type relay struct {
	x    *exchange
	resp *http.Response
	// due are the requests that the answer has yet to answer; of an event stream alone.
	due due
}

// pass passes an answer of the MCP server on, with its status and MCP's headers.
// An answer that breaks off breaks off for the caller too.
func (x *exchange) pass(resp *http.Response) {
	defer resp.Body.Close()
	x.session.rename(resp.Header)
	r := &relay{x: x, resp: resp}
	if x.filter != nil {
		r.traced()
	}
	if isEventStream(resp) {
		r.passEvents()
		return
	}
	r.passBody()
}

// passBody passes an answer on that is one message, or none.
func (r *relay) passBody() {
	if mcp.WantsAnswer(r.x.message) {
		r.passResponse()
	} else {
		r.passRest()
	}
}

// traced tells the filter in which trace the answer is.
func (r *relay) traced() {
	about := r.x.message
	if r.x.r.Method == http.MethodGet && r.x.origin != nil {
		about = r.x.origin.requests
	}
	r.x.filter.Traced(about, govern.Trace(streamable.TraceOf(r.resp.Header)))
}

func isEventStream(resp *http.Response) bool { return isMedia(resp, eventStream) }

// isMedia reports whether a body is of a media type, in capitals or not (RFC 9110, section
// 8.3.1).
func isMedia(resp *http.Response, mediaType string) bool {
	given, _, _ := strings.Cut(resp.Header.Get("Content-Type"), ";")
	return strings.EqualFold(strings.TrimSpace(given), mediaType)
}

// passResponse passes the body that answers a POST with requests. What is no message
// is put into words, as a caller could make nothing of it.
func (r *relay) passResponse() {
	raw, whole, err := r.readAnswer()
	switch {
	case err != nil:
		r.x.refuse(r.unread(err))
		return
	case !whole:
		r.x.out.copyHeader(r.resp.Header)
		r.x.out.plain(r.resp.StatusCode)
		r.cut(r.copy(io.MultiReader(bytes.NewReader(raw), r.resp.Body), true))
		return
	case len(bytes.TrimSpace(raw)) == 0 && r.resp.StatusCode == http.StatusAccepted:
		r.x.out.copyHeader(r.resp.Header) // the response may come on another stream
		r.x.out.whole(r.resp.StatusCode, nil)
		return
	}
	m, err := streamable.Parse(raw)
	if err != nil || !isResponse(m) {
		r.refuseStatus(raw)
		return
	}
	r.x.out.copyHeader(r.resp.Header)
	r.x.out.header()["Content-Type"] = jsonType
	body := r.filtered(r.ownID(m))
	if bytes.Equal(body, bytes.TrimSpace(raw)) {
		body = raw
	}
	r.x.out.whole(r.passedStatus(r.resp.StatusCode), body)
}

var jsonType = []string{"application/json"}

// readAnswer reads a body, as much of it as has to be looked at; whole says that this
// is all of it.
func (r *relay) readAnswer() (raw []byte, whole bool, err error) {
	limit := r.x.g.opts.MaxMessage
	skims := r.x.filter == nil && r.resp.StatusCode < 300 && isMedia(r.resp, "application/json") && !r.x.out.streams()
	if skims {
		limit = min(limit, maxChecked)
	}
	if n := r.resp.ContentLength; n > 0 && n <= limit {
		raw, err = readBody(r.resp.Body, n)
		return raw, true, err
	}
	var b bytes.Buffer
	n, err := b.ReadFrom(io.LimitReader(r.resp.Body, limit+1))
	if err == nil && n > limit && skims && !beginsResult(b.Bytes()) {
		skims, limit = false, r.x.g.opts.MaxMessage
		var more int64
		more, err = b.ReadFrom(io.LimitReader(r.resp.Body, limit+1-n))
		n += more
	}
	if err == nil && n > limit && !skims {
		err = errTooLarge
	}
	return b.Bytes(), n <= limit, err
}

// beginsResult reports whether a long answer is a result, by its beginning. What is told in
// an error has to be read whole, as a server may not speak in the gateway's voice.
func beginsResult(raw []byte) bool {
	d := jsontext.NewDecoder(bytes.NewReader(raw))
	if begin, err := d.ReadToken(); err != nil || begin.Kind() != '{' {
		return false
	}
	for {
		name, err := d.ReadToken()
		if err != nil || name.Kind() != '"' {
			return false
		}
		switch name.String() {
		case "result":
			return true
		case "jsonrpc", "id":
			if d.SkipValue() != nil {
				return false
			}
		default:
			return false
		}
	}
}

var errTooLarge = errors.New("the answer is too large")

// unread says why an answer could not be read whole.
func (r *relay) unread(err error) *refusal.Error {
	if errors.Is(err, errTooLarge) {
		return refusal.New(refusal.BadAnswer, "The answer is larger than %d bytes.%s", r.x.g.opts.MaxMessage, ran(r.x.message))
	}
	if e, ok := errors.AsType[*refusal.Error](err); ok { // it came, and cannot be read
		return e
	}
	return refusal.New(refusal.ConnectionCut, "The connection broke before the answer was complete.%s", ran(r.x.message))
}

// isResponse reports whether a body holds responses, as it has to.
func isResponse(m jsonrpc.Message) bool {
	return m.IsResponse() || slices.ContainsFunc(m.Batch, func(one jsonrpc.Message) bool { return one.IsResponse() })
}

// ownID returns the response with the id of the request, where it can be to no other
// and came under another one: a refusal that a server writes without having read the
// request ("server-error", null), or an id that was respelled.
func (r *relay) ownID(m jsonrpc.Message) jsonrpc.Message {
	if own := &r.x.message; own.IsRequest() && own.ID.Is(m.ID) {
		return m
	}
	asked := mcp.Requests(r.x.message)
	switch {
	case m.Batch != nil || len(asked) == 1 && asked[0].ID.Is(m.ID):
		return m
	case len(asked) == 1:
		return withID(m, asked[0].ID)
	case m.Error == nil || m.ID != nil && !m.ID.IsNull():
		return m
	}
	var all [][]byte // one refusal of all that was asked, by a server that takes no arrays
	for _, request := range asked {
		all = append(all, m.WithID(request.ID))
	}
	each, err := jsonrpc.Parse(slices.Concat([]byte{'['}, bytes.Join(all, []byte{','}), []byte{']'}))
	if err != nil { // valid responses in an array
		panic(err)
	}
	return each
}

func withID(m jsonrpc.Message, id jsonrpc.ID) jsonrpc.Message {
	own, err := jsonrpc.Parse(m.WithID(id))
	if err != nil { // a valid id in a valid response
		panic(err)
	}
	return own
}

// filtered returns what the caller sees of a message of the server, which does not speak
// in the gateway's voice.
func (r *relay) filtered(m jsonrpc.Message) []byte {
	own := refusal.Disown(m)
	if &own.Raw[0] != &m.Raw[0] {
		r.x.g.disowned.Do(func() { streamable.NoteDisowned(r.x.g.opts.Log) })
	}
	m = own
	if m.IsResponse() && r.x.message.Batch == nil {
		r.x.failure, r.x.code = telemetry.Outcome(m)
	}
	if r.x.filter == nil {
		return m.Raw
	}
	return r.x.filter.Pass(m)
}

// passedStatus is the status under which a server's own response goes on. To a client
// a 401 or 403 means that it has to sign in to the gateway; a load balancer may send a
// request again on a 5xx that can have been executed.
func (r *relay) passedStatus(status int) int {
	switch {
	case status == http.StatusUnauthorized, status == http.StatusForbidden, status == http.StatusProxyAuthRequired, status >= 500:
		return http.StatusOK
	}
	return status
}

// refuseStatus puts an answer that is no message into words. That a session is gone is
// told by 404 too, by which a client is to know that it has to begin a new one (2025-11-25,
// Transports, "Session Management").
func (r *relay) refuseStatus(raw []byte) {
	status := streamable.NewStatusError(r.x.transport, r.resp, raw)
	e := status.Refuse(ran(r.x.message), r.x.message.Method != mcp.CallTool)
	if r.resp.StatusCode == http.StatusNotFound && r.x.session.id != "" {
		r.x.refuseUnder(http.StatusNotFound, e)
		return
	}
	r.x.refuse(e)
}

// passRest passes on what answers no request: GET and DELETE, and POSTs of
// notifications and responses.
func (r *relay) passRest() {
	switch r.resp.StatusCode {
	case http.StatusUnauthorized, http.StatusForbidden, http.StatusProxyAuthRequired:
		raw, _ := io.ReadAll(io.LimitReader(r.resp.Body, smallPiece)) // what could be read is what there is to quote
		r.x.refuse(streamable.NewStatusError(r.x.transport, r.resp, raw).Refuse("", true))
		return
	}
	if r.x.judged() { // nobody has seen what is in the body, which answers nothing
		r.passFilteredRest()
		return
	}
	r.x.out.copyHeader(r.resp.Header)
	if r.resp.ContentLength >= 0 {
		r.x.out.header().Set("Content-Length", strconv.FormatInt(r.resp.ContentLength, 10))
	}
	r.x.out.plain(r.resp.StatusCode)
	r.cut(r.copy(r.resp.Body, r.resp.ContentLength < 0))
}

func (r *relay) passFilteredRest() {
	raw, _, err := r.readAnswer()
	if err != nil {
		r.x.refuse(r.unread(err))
		return
	}
	if m, err := jsonrpc.Parse(raw); err == nil {
		raw = r.x.filter.Pass(m)
	} else if len(bytes.TrimSpace(raw)) > 0 && r.resp.StatusCode < 300 {
		r.x.refuse(refusal.New(refusal.BadAnswer, "The answer is not a JSON-RPC message."))
		return
	} else {
		raw = nil // the status says what there is to say
	}
	r.x.out.copyHeader(r.resp.Header)
	r.x.out.whole(r.resp.StatusCode, raw)
}

// cut ends the connection in the middle of an answer that broke off. A stream
// that the gateway's own end ends is whole.
func (r *relay) cut(err error) {
	if err != nil && !(r.x.stream && r.x.g.draining.Err() != nil) {
		panic(http.ErrAbortHandler)
	}
}

// The sizes of the pieces in which bodies are copied.
const (
	smallPiece = 4 << 10
	largePiece = 64 << 10
)

var pieces = sync.Pool{New: func() any { return new(make([]byte, largePiece)) }}

// copy copies a body, piece by piece as it comes where flush is set.
func (r *relay) copy(body io.Reader, flush bool) error {
	piece := pieces.Get().(*[]byte)
	defer pieces.Put(piece)
	for {
		n, err := body.Read(*piece)
		if n > 0 {
			if err := r.x.out.piece((*piece)[:n], flush); err != nil {
				return err
			}
		}
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return err
		}
	}
}
