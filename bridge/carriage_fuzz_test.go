package bridge

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/mark3labs/mcp-go/mcp"

	"ucbridge/bridge/jsonrpc"
)

// A carriage goes through a bridge and the embedded workspace, and the bytes are
// compared at both ends: requests, notifications and what answers them, in both
// directions, in every revision, on the two routes of a connection. What may differ
// is what docs/protocol.md lists as changed on the way, and is worked out here anew,
// without the code that does it.

// TestCarriage carries each seed of FuzzCarriage in both directions on both routes.
func TestCarriage(t *testing.T) {
	p := newPassage(t)
	for i, c := range seeds() {
		for _, buffered := range []bool{false, true} {
			for _, fromServer := range []bool{false, true} {
				c.buffered, c.fromServer = buffered, fromServer
				if !t.Run(fmt.Sprintf("%d/%t/%t", i, buffered, fromServer), func(t *testing.T) { c.play(t, p) }) {
					return // a failure takes seconds, and seldom comes alone
				}
			}
		}
	}
}

// FuzzCarriage carries generated messages.
func FuzzCarriage(f *testing.F) {
	for i, c := range seeds() {
		c.buffered, c.fromServer = i%2 == 0, i/2%2 == 0 // one way each: a fuzzer that begins with all begins late
		f.Add(c.buffered, c.fromServer, c.failed, c.revision, c.layout, c.spelling, c.id, c.method, c.params, c.more, c.content)
	}
	p := newPassage(f)
	f.Fuzz(func(t *testing.T, buffered, fromServer, failed bool, revision, layout, spelling uint8, id, method, params, more, content string) {
		c := carriage{buffered, fromServer, failed, revision, layout, spelling, id, method, params, more, content}
		c.play(t, p)
	})
}

// carriage is one message, and what answers it where it is a request.
type carriage struct {
	buffered   bool // by external-function, else by proxy
	fromServer bool // else from the client
	failed     bool // the answer is an error, else a result
	revision   uint8
	layout     uint8
	// spelling is how the server spells the id that it answers to.
	spelling uint8
	// The parts of the message as JSON text: id and params may be empty, method is
	// what stands between the quotes, more is any further members.
	id, method, params, more string
	// content is the result or the error.
	content string
}

// The bits of a layout. The lowest two choose the white space between tokens.
const (
	reversed = 1 << (iota + 2) // the members in the reverse order
	padded                     // white space around the message
	streamed                   // the server answers with an event stream
	batched                    // in an array, with a notification behind it
	refused                    // an error comes with an HTTP status that says so
)

var blanks = []string{"", " ", " \t\r", "\n\r\n "}

func (c carriage) has(bit uint8) bool { return c.layout&bit != 0 }

// text puts the members of a message together.
func (c carriage) text(members ...[2]string) string {
	blank := blanks[c.layout%4]
	var all []string
	for _, m := range members {
		switch {
		case m[1] == "": // there is none
		case m[0] == "":
			all = append(all, m[1])
		default:
			all = append(all, m[0]+blank+":"+blank+m[1])
		}
	}
	if c.has(reversed) {
		for i, j := 0, len(all)-1; i < j; i, j = i+1, j-1 {
			all[i], all[j] = all[j], all[i]
		}
	}
	text := "{" + blank + strings.Join(all, blank+","+blank) + blank + "}"
	if c.has(padded) {
		return " \t" + blank + text + blank + "\r "
	}
	return text
}

// ask is the message itself.
func (c carriage) ask() string {
	params := c.params
	if c.modern() {
		params = withMeta(params)
	}
	return c.text([2]string{`"jsonrpc"`, `"2.0"`}, [2]string{`"id"`, c.id}, [2]string{`"method"`, `"` + c.method + `"`},
		[2]string{`"params"`, params}, [2]string{"", c.more})
}

// answer is what answers the message under an id, "" for none.
func (c carriage) answer(id string) string {
	kind := `"result"`
	if c.failed {
		kind = `"error"`
	}
	return c.text([2]string{`"jsonrpc"`, `"2.0"`}, [2]string{`"id"`, id}, [2]string{kind, c.content}, [2]string{"", c.more})
}

const modernMeta = `"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{}}`

// withMeta adds to params what each request of 2026-07-28 has.
func withMeta(params string) string {
	rest, ok := strings.CutPrefix(strings.TrimSpace(params), "{")
	switch {
	case params == "" || ok && strings.TrimSpace(rest) == "}":
		return "{" + modernMeta + "}"
	case ok:
		return "{" + modernMeta + "," + rest
	}
	return params // no object: a request of no revision
}

// play carries the message to its end. Behind it goes another request, so that
// whatever else comes out at either end is found.
func (c carriage) play(t *testing.T, p *passage) {
	e := p.open(t, c.buffered, c.version())
	if c.fromServer {
		c.playServer(e)
	} else {
		c.playClient(p, e)
	}
	if !e.closed {
		e.fence()
	}
}

// playClient carries a message of the client.
func (c carriage) playClient(p *passage, e *ends) {
	ask := strings.ReplaceAll(c.ask(), "\n", " ") // a client's message has no line feed, or it would be two
	const second = `{"jsonrpc":"2.0","method":"notifications/second"}`
	if c.has(batched) {
		ask = "[" + ask + "," + second + "]"
	}
	want := strings.TrimSpace(ask)
	whole, err := jsonrpc.Parse([]byte(want))
	if err != nil {
		e.client.send(ask)
		e.expectRefusal(err)
		return
	}
	m := whole
	if whole.Batch != nil {
		m = whole.Batch[0]
	}
	modern := whole.Batch == nil && speaksModern(m)
	handshake := m.Method == "initialize" && m.IsRequest() && !modern
	switch {
	case whole.Batch != nil && c.version() != "2025-03-26":
		e.client.send(ask)
		e.expectError("", "batch_not_allowed")
	case whole.Batch != nil && handshake:
		e.client.send(ask)
		e.expectError(string(m.ID), "batch_not_allowed")
	case whole.Batch == nil && m.Method == "subscriptions/listen" && m.IsNotification():
		e.client.send(ask)
		e.expectError("", "invalid_request")
	case m.IsNotification():
		c.notify(p, e, m, ask)
	case modern && m.Method == "subscriptions/listen" && c.buffered:
		e.client.send(ask)
		e.expectEmptySubscription(m)
		p.discard(e)
	default:
		c.call(p, e, whole, m, ask, modern, handshake)
	}
}

// notify carries a notification of the client.
func (c carriage) notify(p *passage, e *ends, m jsonrpc.Message, ask string) {
	e.client.send(ask)
	if m.Method == "notifications/cancelled" && !c.has(batched) && c.modern() {
		p.discard(e) // of no request under way: where no handshake was, nobody has to hear of it
		return
	}
	e.server.receive().same(strings.TrimSpace(ask)).accept()
}

// call carries a request of the client and its answer.
func (c carriage) call(p *passage, e *ends, whole, m jsonrpc.Message, ask string, modern, handshake bool) {
	answer := c.answer(c.spelled(m.ID))
	parsed, fault := jsonrpc.Parse([]byte(strings.TrimSpace(answer)))
	want := answer
	switch id := string(parsed.ID); {
	case id == "":
		want = strings.Replace(answer, "{", `{"id":`+string(m.ID)+",", 1)
	case id != string(m.ID):
		want = c.answer(string(m.ID))
	}
	if whole.Batch != nil {
		if want == answer {
			want = "[" + want + "]"
		}
		answer = "[" + answer + "]"
	}
	want = onOneLine(want)
	if fault != nil && m.Method != "tools/call" || handshake && parsed.Error == nil && jsonrpc.Text(parsed.Result, "protocolVersion") == "" {
		return // the standby would answer, or the bridge ask again
	}
	e.client.send(ask)
	received := e.server.receive()
	if handshake && c.buffered {
		received.sameButTrimmed(strings.TrimSpace(ask))
	} else {
		received.same(strings.TrimSpace(ask))
	}
	c.respond(received, answer, fault == nil && whole.Batch == nil)
	switch {
	case fault != nil:
		e.expectError(string(m.ID), "")
	case modern && m.Method == "tools/list" && !c.failed:
		e.expectTools(want)
	default:
		e.expect(want)
	}
	// What the bridge keeps of these would show in later messages.
	if handshake || strings.Contains(c.content, "x-mcp-header") {
		p.discard(e)
	}
}

// respond has the server answer a request, with JSON or with a stream. A single
// error may have the HTTP status of one; -32020 not, for which the bridge would ask
// again with other headers.
func (c carriage) respond(received *delivery, answer string, single bool) {
	statuses := []int{400, 401, 403, 404, 429, 500, 503}
	switch {
	case c.has(streamed):
		received.event(answer)
		received.end()
	case c.has(refused) && c.failed && single && !strings.Contains(answer, "-32020"):
		received.reply(statuses[int(c.spelling/8)%len(statuses)], answer)
	default:
		received.reply(200, answer)
	}
}

// spelled is an id as the server repeats it: as it is, or else lost, null, or as
// the number that it is in a float64.
func (c carriage) spelled(id jsonrpc.ID) string {
	switch c.spelling % 5 {
	case 1:
		return ""
	case 2:
		return "null"
	case 3:
		return rounded(id, 'e')
	case 4:
		return rounded(id, 'f')
	}
	return string(id)
}

// playServer carries a message of the server, on the stream of a call.
func (c carriage) playServer(e *ends) {
	call := `{"jsonrpc":"2.0","id":"around the message","method":"tools/call","params":{"name":"x"}}`
	if c.modern() {
		call = `{"jsonrpc":"2.0","id":"around the message","method":"tools/call","params":{"name":"x",` + modernMeta + `}}`
	}
	const result, second = `{"jsonrpc":"2.0","id":"around the message","result":{}}`, `{"jsonrpc":"2.0","method":"notifications/second"}`
	ask := c.ask()
	e.client.send(call)
	stream := e.server.receive().same(call)
	m, err := jsonrpc.Parse([]byte(strings.TrimSpace(ask)))
	switch {
	case !c.has(batched):
		stream.event(ask)
	default:
		stream.event("[" + ask + ",\r\n" + second + "]")
	}
	if c.buffered || err != nil || !m.IsRequest() {
		stream.event(result)
		stream.end()
	}
	switch {
	case err != nil: // dropped
	case c.has(batched) && m.IsNotification() && c.version() == "2025-03-26":
		e.expect(onOneLine("[" + ask + ",\r\n" + second + "]"))
	case c.has(batched):
		e.expect(onOneLine(ask))
		e.expect(second)
	default:
		e.expect(onOneLine(ask))
	}
	if err == nil && m.IsRequest() {
		if c.buffered {
			e.expect(result)
		}
		c.reply(e, m)
		if c.buffered {
			return
		}
		stream.event(result)
		stream.end()
	}
	e.expect(result)
}

// reply has the client answer a request of the server.
func (c carriage) reply(e *ends, m jsonrpc.Message) {
	answer := strings.ReplaceAll(c.answer(string(m.ID)), "\n", " ")
	e.client.send(answer)
	if _, err := jsonrpc.Parse([]byte(strings.TrimSpace(answer))); err != nil {
		e.expectRefusal(err)
		if envelope, ok := errors.AsType[*jsonrpc.EnvelopeError](err); ok && envelope.Answered.Is(m.ID) { // the server hears of it
			e.server.receive().same(`{"jsonrpc":"2.0","id":` + string(m.ID) + `,"error":{"code":-32603,"message":"The client's answer is not a JSON-RPC message.","data":{"source":"ucbridge","reason":"invalid_request","retryable":false}}}`).accept()
			return
		}
		answer = `{"jsonrpc":"2.0","id":` + string(m.ID) + `,"result":{}}` // the server still waits for one
		e.client.send(answer)
	}
	e.server.receive().same(strings.TrimSpace(answer)).accept()
}

// onOneLine is a message of the server as it must arrive: a line of its own.
func onOneLine(text string) string {
	return strings.NewReplacer("\r", " ", "\n", " ").Replace(strings.Trim(text, " \t\r\n"))
}

// speaksModern reports whether a request names a revision without handshake, one
// that a header can name, too.
func speaksModern(m jsonrpc.Message) bool {
	var params map[string]any
	if json.Unmarshal(m.Params, &params) != nil {
		return false
	}
	meta, _ := params["_meta"].(map[string]any)
	version, ok := meta[mcp.MetaKeyProtocolVersion].(string)
	return ok && mcp.IsModernProtocol(version) && strings.IndexFunc(version, func(r rune) bool { return r <= ' ' || r > '~' }) < 0
}

// revisions are those of MCP; the last has no handshake.
var revisions = []string{"2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25", "2026-07-28"}

func (c carriage) version() string { return revisions[int(c.revision)%len(revisions)] }
func (c carriage) modern() bool    { return c.version() == "2026-07-28" }
