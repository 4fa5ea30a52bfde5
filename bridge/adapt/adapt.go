// Package adapt gives an AI client what it is known to be unable to read in a form that
// it can. It stands between the client and everything else: a policy judges what the
// server sent, and not what is made of it here.
//
// One table says which client needs what, by the name in its initialize, as the program
// was seen to behave when it was run. For every other client messages stay as they are,
// to the byte, and are not read.
//
//	client ─▶ Client.Handle ─▶ govern ─▶ session
//	client ◀─ Client.Emit   ◀─ govern ◀─ session
package adapt

import (
	"fmt"
	"log/slog"
	"slices"
	"sync"

	"ucbridge/bridge/jsonrpc"
	"ucbridge/bridge/mcp"
)

// Client adapts the messages of one client. It is safe for concurrent use, and keeps the
// order of the client's messages.
type Client struct {
	emit func(raw []byte)
	log  *slog.Logger

	handing sync.Mutex // one message at a time goes in
	handle  func(jsonrpc.Message)

	mu      sync.Mutex
	does    adaptations
	active  bool
	open    map[string]*request // requests of the client that are not answered
	pages   map[string]*listing // by the id of the request for the next page
	counter int
}

// request is an open request of the client.
type request struct {
	method string
	params []byte
}

// listing is a list whose pages are being joined.
type listing struct {
	id     jsonrpc.ID // of the client's request
	list   mcp.List
	first  jsonrpc.Message
	joined []byte // the first page, with the elements of all so far
	seen   []string
	request
}

// maxJoined is the size in bytes beyond which no page is added to a list.
const maxJoined = 16 << 20

// New returns a Client that writes to emit. Nothing is adapted before the client has
// said who it is.
func New(emit func(raw []byte), log *slog.Logger) *Client {
	return &Client{emit: emit, log: log, open: make(map[string]*request), pages: make(map[string]*listing)}
}

// Serve says what takes the client's messages. It is called once, before Handle.
func (c *Client) Serve(handle func(jsonrpc.Message)) { c.handle = handle }

// Handle takes the client's next message.
func (c *Client) Handle(m jsonrpc.Message) {
	if m.Method == mcp.Initialize {
		c.recognize(m)
	}
	if !c.passes(m) {
		return
	}
	c.hand(m)
}

func (c *Client) hand(m jsonrpc.Message) {
	c.handing.Lock()
	defer c.handing.Unlock()
	c.handle(m)
}

// recognize looks the client up.
func (c *Client) recognize(initialize jsonrpc.Message) {
	name, version := jsonrpc.Text(initialize.Params, "clientInfo", "name"), jsonrpc.Text(initialize.Params, "clientInfo", "version")
	does, found := find(name, version)
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.does, c.active = does, found; found {
		c.log.Info("changing messages for this client: what it cannot read comes in another form", "client", name, "version", version, "switch", "--adapt off")
	}
}

// passes notes what a message asks for, and reports whether it goes on.
func (c *Client) passes(m jsonrpc.Message) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.active {
		return true
	}
	for _, r := range mcp.Requests(m) {
		if m.Batch == nil { // what is in an array is answered in one
			c.open[string(r.ID)] = &request{r.Method, r.Params}
		}
	}
	if m.Method != mcp.Cancelled || m.ID != nil {
		return true
	}
	id := jsonrpc.Value(m.Params, "requestId")
	for next, l := range c.pages {
		if l.id.Is(id) { // its own request is answered; the one for the next page is not
			delete(c.pages, next)
			go c.hand(own(mcp.Cancellation(jsonrpc.ID(next), "the list was cancelled")))
			return false
		}
	}
	if _, open := c.open[string(id)]; !open && c.does.dropCancels {
		c.log.Debug("dropping the cancellation of a request that is answered", "id", string(id))
		return false
	}
	delete(c.open, string(id))
	return true
}

// Emit writes a message of the server, or of the bridge, to the client.
func (c *Client) Emit(raw []byte) {
	c.mu.Lock()
	active := c.active
	c.mu.Unlock()
	if !active {
		c.emit(raw)
		return
	}
	m, err := jsonrpc.Parse(raw)
	if err != nil {
		c.emit(raw)
		return
	}
	c.Deliver(m)
}

// Deliver is Emit for a message that was read already.
func (c *Client) Deliver(m jsonrpc.Message) {
	if !m.IsResponse() {
		c.emit(m.Raw)
		return
	}
	out, next := c.adapted(m)
	if next != nil {
		c.hand(*next) // before this one counts as done: the session may end with it
		return
	}
	if out != nil {
		c.emit(out)
	}
}

// adapted returns what the client gets for a response, or the request for the next page
// of a list where it has to wait for that.
func (c *Client) adapted(m jsonrpc.Message) (out []byte, next *jsonrpc.Message) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.active {
		return m.Raw, nil
	}
	if l := c.pages[string(m.ID)]; l != nil {
		delete(c.pages, string(m.ID))
		return c.join(l, m)
	}
	asked := c.open[string(m.ID)]
	delete(c.open, string(m.ID))
	switch {
	case asked == nil || m.Result == nil:
		return m.Raw, nil
	case asked.method == mcp.CallTool && c.does.addText:
		return mcp.WithText(m), nil
	}
	list, isList := mcp.ListOf(asked.method)
	if !isList || !c.does.joinPages || jsonrpc.Value(asked.params, "cursor") != nil || cursor(m) == nil {
		return m.Raw, nil
	}
	l := &listing{id: slices.Clone(m.ID), list: list, first: m, joined: m.Raw, request: *asked}
	return c.ask(l, cursor(m))
}

// ask asks for the next page of a list.
func (c *Client) ask(l *listing, at []byte) ([]byte, *jsonrpc.Message) {
	if len(l.seen) >= mcp.MaxPages || len(l.joined) > maxJoined || slices.Contains(l.seen, string(at)) {
		c.log.Warn("a list of the server does not end", "method", l.method, "pages", len(l.seen)+1)
		return l.whole(), nil
	}
	l.seen = append(l.seen, string(at))
	params := l.params
	if params == nil {
		params = []byte(`{}`)
	}
	c.counter++
	id := fmt.Sprintf(`"ucbridge-page-%d"`, c.counter)
	next := own(fmt.Appendf(nil, `{"jsonrpc":"2.0","id":%s,"method":"%s","params":%s}`, id, l.method, jsonrpc.Set(params, at, "cursor")))
	c.pages[id] = l
	return nil, &next
}

// join adds a page to a list. One that does not come leaves the list as it is so far,
// which is more than the client would have read.
func (c *Client) join(l *listing, page jsonrpc.Message) ([]byte, *jsonrpc.Message) {
	if page.Result == nil {
		c.log.Warn("a page of a list is missing", "method", l.method, "error", string(page.Error))
		return l.whole(), nil
	}
	for _, element := range jsonrpc.Elements(jsonrpc.Value(page.Result, l.list.Member)) {
		l.joined = jsonrpc.Append(l.joined, element, "result", l.list.Member)
	}
	if at := cursor(page); at != nil {
		return c.ask(l, at)
	}
	return l.whole(), nil
}

// whole is the list as one page.
func (l *listing) whole() []byte { return jsonrpc.Remove(l.joined, "result", "nextCursor") }

func cursor(page jsonrpc.Message) []byte {
	at := jsonrpc.Value(page.Result, "nextCursor")
	if string(at) == "null" {
		return nil
	}
	return at
}

// own parses a message of the bridge's own.
func own(raw []byte) jsonrpc.Message {
	m, err := jsonrpc.Parse(raw)
	if err != nil { // made of parts of messages
		panic(err)
	}
	return m
}
