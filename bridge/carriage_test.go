package bridge

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/mark3labs/mcp-go/mcp"

	"ucbridge/bridge/emulator"
	"ucbridge/bridge/jsonrpc"
	"ucbridge/config"
)

// carriagePatience is how long a carriage waits for what has to come: the fuzzer kills
// what takes ten seconds, without a word.
func carriagePatience() time.Duration {
	if flag.Lookup("test.fuzz").Value.String() == "" {
		return patience
	}
	return 8 * time.Second
}

// passage holds the bridges that carriages share, one for each route and revision.
type passage struct {
	cache string
	kept  map[string]*ends
}

func newPassage(t testing.TB) *passage {
	p := &passage{cache: t.TempDir(), kept: make(map[string]*ends)}
	t.Cleanup(func() {
		for _, e := range p.kept {
			if !e.closed {
				e.client.t = t
				e.client.close()
			}
			e.server.shut()
		}
	})
	return p
}

// ends are the two ends of one bridge: a client, and the server that it reaches.
type ends struct {
	t      *testing.T
	client *nearEnd
	server *counterpart
	closed bool
}

// open returns a bridge that speaks a revision on a route, the handshake done.
func (p *passage) open(t *testing.T, buffered bool, revision string) *ends {
	t.Helper()
	route := "proxy"
	if buffered {
		route = "external-function"
	}
	name := strings.ReplaceAll("carriage_"+route+revision, "-", "_")
	e := p.kept[name]
	if e == nil {
		e = &ends{server: newCounterpart(), closed: true}
		workspace.AddConnection(emulator.Connection{Name: name, Upstream: e.server.URL, MCP: true})
		p.kept[name] = e
	}
	begin := e.closed
	if begin {
		e.server.forget()
		cfg := config.New()
		cfg.Fresh.Value = true // or the handshake is the bridge's own
		cfg.Connection.Value, cfg.Route.Value, cfg.CacheDir.Value = name, route, p.cache
		e.client = startWith(t, cfg)
		e.client.wait = carriagePatience()
	}
	e.closed, e.t, e.client.t, e.server.t = false, t, t, t
	t.Cleanup(func() {
		if t.Failed() {
			p.discard(e) // whatever state it is in
		}
	})
	if begin && revision != "2026-07-28" {
		e.shakeHands(revision)
	}
	return e
}

// discard ends a bridge: the next carriage gets a new one.
func (p *passage) discard(e *ends) {
	if e.closed {
		return
	}
	e.closed = true
	e.client.in.Close()
	_, _ = io.Copy(io.Discard, e.client.lines) // to its end, which comes when the bridge has ended
	e.client.close()
}

func (e *ends) shakeHands(revision string) {
	e.t.Helper()
	hello := fmt.Sprintf(`{"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":%q,"capabilities":{},"clientInfo":{"name":"carriage","version":"1"}}}`, revision)
	welcome := fmt.Sprintf(`{"jsonrpc":"2.0","id":0,"result":{"protocolVersion":%q,"capabilities":{}}}`, revision)
	const ready = `{"jsonrpc":"2.0","method":"notifications/initialized"}`
	e.client.send(hello)
	e.server.receive().same(hello).reply(http.StatusOK, welcome)
	e.expect(welcome)
	e.client.send(ready)
	e.server.receive().same(ready).accept()
}

// fence carries a request, and so finds what came out at either end before it.
func (e *ends) fence() {
	e.t.Helper()
	const ask, answer = `{"jsonrpc":"2.0","id":"behind the message","method":"ping"}`, `{"jsonrpc":"2.0","id":"behind the message","result":{}}`
	e.client.send(ask)
	e.server.receive().same(ask).reply(http.StatusOK, answer)
	e.expect(answer)
}

// expect checks the next line that the client receives.
func (e *ends) expect(want string) {
	e.t.Helper()
	if got := e.client.next(); got != want {
		e.t.Fatalf("the client received\n%q\nwant\n%q", got, want)
	}
}

// expectError checks that the next line is an error of the bridge's own, under an
// id, "" for none, and with a reason, "" for any.
func (e *ends) expectError(id, reason string) {
	e.t.Helper()
	line := e.client.next()
	m, err := jsonrpc.Parse([]byte(line))
	failure := failureOf(m)
	got := jsonrpc.Text(failure, "data", "reason")
	if err != nil || string(m.ID) != id || jsonrpc.Text(failure, "data", "source") != "ucbridge" || reason != "" && got != reason {
		e.t.Fatalf("the client received\n%q\nwant an error to %q for %q", line, id, reason)
	}
}

// expectRefusal checks the answer to a line that is no message, as err says.
func (e *ends) expectRefusal(err error) {
	e.t.Helper()
	var envelope *jsonrpc.EnvelopeError
	if errors.As(err, &envelope) {
		e.expectError(string(envelope.ID), "invalid_request")
		return
	}
	var syntax *jsonrpc.SyntaxError
	errors.As(err, &syntax)
	e.expectError(string(syntax.ID), "parse_error")
}

// expectEmptySubscription checks that a subscription is acknowledged for nothing,
// and ends with the bridge.
func (e *ends) expectEmptySubscription(m jsonrpc.Message) {
	e.t.Helper()
	e.expect(`{"jsonrpc":"2.0","method":"notifications/subscriptions/acknowledged","params":{"_meta":` +
		`{"io.modelcontextprotocol/subscriptionId":` + string(m.ID) + `},"notifications":{}}}`)
	e.client.in.Close()
	e.expectError(string(m.ID), "bridge_closing")
}

// expectTools checks an answer to tools/list of revision 2026-07-28: sent must have
// lost the tools with an invalid x-mcp-header, and nothing else.
func (e *ends) expectTools(sent string) {
	e.t.Helper()
	list, ok := decoded(e.t, sent)["result"].(map[string]any)
	tools, isList := list["tools"].([]any)
	var valid []any
	for _, tool := range tools {
		if object, ok := tool.(map[string]any); ok && object["inputSchema"] != nil {
			schema, err := json.Marshal(object["inputSchema"])
			if err != nil {
				e.t.Fatal(err)
			}
			if mcp.ValidateParamHeaderAnnotations(&mcp.Tool{RawInputSchema: schema}) != nil {
				continue
			}
		}
		valid = append(valid, tool)
	}
	if !ok || !isList || len(valid) == len(tools) {
		e.expect(sent)
		return
	}
	want := decoded(e.t, sent)
	want["result"].(map[string]any)["tools"] = append([]any{}, valid...)
	got := e.client.next()
	if diff := cmp.Diff(want, decoded(e.t, got)); diff != "" || !isSubsequence(got, sent) {
		e.t.Fatalf("the client received\n%q\nfor\n%q\n%s", got, sent, diff)
	}
}

// counterpart is an MCP server that hands each message to the test, which answers it.
type counterpart struct {
	*httptest.Server
	t        *testing.T
	received chan *delivery
	streams  chan *delivery // those that clients open; nil to refuse them
}

func newCounterpart() *counterpart {
	c := &counterpart{received: make(chan *delivery, 100)}
	c.Server = httptest.NewServer(c)
	return c
}

// shut closes the server, whatever still waits for an answer.
func (c *counterpart) shut() {
	c.CloseClientConnections()
	c.Close()
}

func (c *counterpart) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	to := c.received
	if r.Method == http.MethodGet {
		to = c.streams
	}
	if to == nil || r.Method == http.MethodDelete {
		w.WriteHeader(http.StatusMethodNotAllowed)
		return
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return // the bridge has ended
	}
	d := &delivery{body: string(body), writes: make(chan func(http.ResponseWriter))}
	to <- d
	for {
		select {
		case write, more := <-d.writes:
			if !more {
				return
			}
			write(w)
		case <-r.Context().Done():
			return
		}
	}
}

// receive returns the next message.
func (c *counterpart) receive() *delivery {
	c.t.Helper()
	return c.next(c.received)
}

func (c *counterpart) next(from <-chan *delivery) *delivery {
	c.t.Helper()
	select {
	case d := <-from:
		d.t = c.t
		return d
	case <-time.After(carriagePatience()):
		c.t.Fatal("the server received nothing")
		return nil
	}
}

// forget drops what a bridge has left that failed a test.
func (c *counterpart) forget() {
	for len(c.received) > 0 {
		<-c.received
	}
}

// delivery is a message that has reached the server, and the way to answer it.
type delivery struct {
	t      *testing.T
	body   string
	writes chan func(http.ResponseWriter)
}

// same checks that the message is what was sent.
func (d *delivery) same(sent string) *delivery {
	d.t.Helper()
	if d.body != sent {
		d.t.Fatalf("the server received\n%q\nwant\n%q", d.body, sent)
	}
	return d
}

// sameButTrimmed checks an initialize request: sent must have lost the client
// capabilities that do not work on a buffered transport, and nothing else.
func (d *delivery) sameButTrimmed(sent string) *delivery {
	d.t.Helper()
	want := decoded(d.t, sent)
	params, _ := want["params"].(map[string]any)
	capabilities, _ := params["capabilities"].(map[string]any)
	delete(capabilities, "sampling")
	delete(capabilities, "roots")
	elicitation, _ := capabilities["elicitation"].(map[string]any)
	if _, byURL := elicitation["url"]; byURL {
		delete(elicitation, "form")
	} else {
		delete(capabilities, "elicitation")
	}
	if cmp.Equal(want, decoded(d.t, sent)) {
		return d.same(sent)
	}
	if diff := cmp.Diff(want, decoded(d.t, d.body)); diff != "" || !isSubsequence(d.body, sent) {
		d.t.Fatalf("the server received\n%q\nfor\n%q\n%s", d.body, sent, diff)
	}
	return d
}

func (d *delivery) accept() { d.reply(http.StatusAccepted, "") }

// reply answers with JSON.
func (d *delivery) reply(status int, body string) {
	d.write(func(w http.ResponseWriter) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body) // a client that left shows elsewhere
	})
	d.end()
}

// event answers with an event, and more may follow.
func (d *delivery) event(message string) {
	d.write(func(w http.ResponseWriter) {
		w.Header().Set("Content-Type", "text/event-stream")
		event := "data: " + strings.NewReplacer("\r", "\ndata: ", "\n", "\ndata: ").Replace(message) + "\n\n"
		_, _ = io.WriteString(w, event)
		w.(http.Flusher).Flush()
	})
}

func (d *delivery) end() { close(d.writes) }

func (d *delivery) write(write func(http.ResponseWriter)) {
	d.t.Helper()
	select {
	case d.writes <- write:
	case <-time.After(carriagePatience()):
		d.t.Fatal("the bridge does not wait for an answer any more")
	}
}

// decoded is a JSON object as Go values, numbers as they are spelled.
func decoded(t *testing.T, text string) map[string]any {
	t.Helper()
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	var v map[string]any
	if err := d.Decode(&v); err != nil {
		t.Fatalf("decoding %q: %v", text, err)
	}
	return v
}

// isSubsequence reports whether short is long with bytes left out.
func isSubsequence(short, long string) bool {
	for i := range len(short) {
		at := strings.IndexByte(long, short[i])
		if at < 0 {
			return false
		}
		long = long[at+1:]
	}
	return true
}

// rounded is an id as a server may repeat it that reads numbers as float64.
func rounded(id jsonrpc.ID, format byte) string {
	n, err := strconv.ParseFloat(string(id), 64)
	if err != nil || bytes.IndexByte(id, '"') >= 0 {
		return string(id)
	}
	return strconv.FormatFloat(n, format, -1, 64)
}
