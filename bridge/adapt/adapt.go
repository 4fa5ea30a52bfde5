// Package adapt gives an AI client what it is known to be unable to read in a form that
// it can. It stands between the client and everything else: a policy judges what the
// server sent, and not what is made of it here.
//
// Package quirks says which client needs what, by the name in its first message, as the
// program was seen to behave when it was run. For every other client messages stay as
// they are, to the byte, and are not read.
//
//	client ─▶ Client.Handle ─▶ govern ─▶ session
//	client ◀─ Client.Emit   ◀─ govern ◀─ session
package adapt

import (
	"bytes"
	"fmt"
	"log/slog"
	"slices"
	"sync"

	"ucbridge/bridge/jsonrpc"
	"ucbridge/bridge/mcp"
	"ucbridge/bridge/quirks"
)

// Client adapts the messages of one client. It is safe for concurrent use, and keeps the
// order of the client's messages.
type Client struct {
	emit    func(raw []byte)
	deliver func(m jsonrpc.Message)
	log     *slog.Logger

	handing sync.Mutex // one message at a time goes in
	handle  func(jsonrpc.Message)

	mu     sync.Mutex
	quirks quirks.Client
	names  names
	open   map[string]*request // requests of the client whose answers matter, until they come
	pages  map[string]*listing // by the id of the request for the next page
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
	joined []byte // the first page, with the elements of all so far
	seen   []string
	request
}

// maxJoined is the size in bytes beyond which no page is added to a list.
const maxJoined = 16 << 20

// New returns a Client that writes to emit, and messages that were read already to
// deliver. Nothing is adapted before the client has said who it is.
func New(emit func(raw []byte), deliver func(m jsonrpc.Message), log *slog.Logger) *Client {
	return &Client{emit: emit, deliver: deliver, log: log, open: make(map[string]*request), pages: make(map[string]*listing)}
}

// Serve says what takes the client's messages. It is called once, before Handle.
func (c *Client) Serve(handle func(jsonrpc.Message)) { c.handle = handle }

// Handle takes the client's next message.
func (c *Client) Handle(m jsonrpc.Message) {
	if m.Method == mcp.Initialize || m.Method == mcp.Discover {
		c.recognize(m)
	}
	if in, goesOn := c.incoming(m); goesOn {
		c.hand(in)
	}
}

func (c *Client) hand(m jsonrpc.Message) {
	c.handing.Lock()
	defer c.handing.Unlock()
	c.handle(m)
}

// recognize looks the client up, by the first message that says who it is: initialize,
// or server/discover of 2026-07-28.
func (c *Client) recognize(first jsonrpc.Message) {
	info := jsonrpc.Value(first.Params, "clientInfo")
	if first.Method == mcp.Discover {
		info = jsonrpc.Value(first.Params, "_meta", mcp.MetaClientInfo)
	}
	name, version := jsonrpc.Text(info, "name"), jsonrpc.Text(info, "version")
	known := quirks.Of(name, version)
	known.KeepsLists, known.DeclinesLinks = false, false // nothing to change in a message
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.quirks == known {
		return
	}
	c.quirks, c.names = known, newNames(known.Spelling)
	if known != (quirks.Client{}) {
		c.log.Info("changing messages for this client: what it cannot read comes in another form", "client", name, "version", version, "switch", "--adapt off")
	}
}

// incoming notes what a message of the client asks for, and returns what goes on in its
// place; false where nothing does.
func (c *Client) incoming(m jsonrpc.Message) (jsonrpc.Message, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.quirks == (quirks.Client{}) {
		return m, true
	}
	if m.IsRequest() && m.Batch == nil && c.matters(m.Method) { // what is in an array is answered in one
		c.open[string(m.ID)] = &request{m.Method, m.Params}
	}
	if m.Method == mcp.CallTool {
		return c.names.restored(m), true
	}
	if m.Method != mcp.Cancelled || m.ID != nil {
		return m, true
	}
	id := jsonrpc.Value(m.Params, "requestId")
	for next, l := range c.pages {
		if l.id.Is(id) { // its own request is answered; the one for the next page is not
			delete(c.pages, next)
			return own(mcp.Cancellation(jsonrpc.ID(next), "the list was cancelled")), true
		}
	}
	if _, open := c.open[string(id)]; !open && c.quirks.LateCancels {
		c.log.Debug("dropping the cancellation of a request that is answered", "id", string(id))
		return m, false
	}
	delete(c.open, string(id))
	return m, true
}

// matters reports whether the answer to a method is looked at.
func (c *Client) matters(method string) bool {
	_, isList := mcp.ListOf(method)
	switch {
	case c.quirks.LateCancels:
		return true
	case method == mcp.CallTool:
		return c.quirks.TextOnly || c.quirks.ReadsText || c.quirks.StructuredAlone || c.quirks.WordsAndPictures
	case method == mcp.ListTools && c.quirks.Spelling != quirks.Spelling{}:
		return true
	}
	return isList && c.quirks.FirstPageOnly
}

// Emit writes a message of the server, or of the bridge, to the client, and keeps nothing
// of it.
func (c *Client) Emit(raw []byte) {
	if !c.waits() {
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
	if !m.IsResponse() || !c.waits() {
		c.deliver(m)
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

// waits reports whether a response may have to be adapted.
func (c *Client) waits() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.open)+len(c.pages) > 0
}

// adapted returns what the client gets for a response, or the request for the next page
// of a list where it has to wait for that.
func (c *Client) adapted(m jsonrpc.Message) (out []byte, next *jsonrpc.Message) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if l := c.pages[string(m.ID)]; l != nil {
		delete(c.pages, string(m.ID))
		return c.join(l, m)
	}
	asked := c.open[string(m.ID)]
	delete(c.open, string(m.ID))
	switch {
	case asked == nil || m.Result == nil:
		return m.Raw, nil
	case asked.method == mcp.CallTool:
		return c.result(m), nil
	}
	list, isList := mcp.ListOf(asked.method)
	if !isList || !c.quirks.FirstPageOnly || jsonrpc.Value(asked.params, "cursor") != nil || cursor(m) == nil {
		return c.named(asked.method, m.Raw), nil
	}
	l := &listing{id: slices.Clone(m.ID), list: list, joined: slices.Clone(m.Raw), request: *asked} // m is the caller's
	return c.ask(l, cursor(m))
}

// ask asks for the next page of a list.
func (c *Client) ask(l *listing, at []byte) ([]byte, *jsonrpc.Message) {
	if len(l.seen) >= mcp.MaxPages || len(l.joined) > maxJoined || slices.Contains(l.seen, string(at)) {
		c.log.Warn("a list of the server does not end", "method", l.method, "pages", len(l.seen)+1)
		return c.whole(l), nil
	}
	l.seen = append(l.seen, string(at))
	params := l.params
	if params == nil {
		params = []byte(`{}`)
	}
	id := jsonrpc.OwnID()
	next := own(fmt.Appendf(nil, `{"jsonrpc":"2.0","id":%s,"method":"%s","params":%s}`, id, l.method, jsonrpc.Set(params, at, "cursor")))
	c.pages[string(id)] = l
	return nil, &next
}

// join adds a page to a list. One that does not come leaves the list as it is so far,
// which is more than the client would have read.
func (c *Client) join(l *listing, page jsonrpc.Message) ([]byte, *jsonrpc.Message) {
	if page.Result == nil {
		c.log.Warn("a page of a list is missing", "method", l.method, "error", string(page.Error))
		return c.whole(l), nil
	}
	if elements := jsonrpc.Elements(jsonrpc.Value(page.Result, l.list.Member)); len(elements) > 0 {
		l.joined = jsonrpc.Append(l.joined, bytes.Join(elements, []byte(",")), "result", l.list.Member)
	}
	if at := cursor(page); at != nil {
		return c.ask(l, at)
	}
	return c.whole(l), nil
}

// whole is a list as one page.
func (c *Client) whole(l *listing) []byte {
	return c.named(l.method, jsonrpc.Remove(l.joined, "result", "nextCursor"))
}

// named is a list, whose tools have the names that the client knows.
func (c *Client) named(method string, raw []byte) []byte {
	if method != mcp.ListTools {
		return raw
	}
	raw, told := c.names.given(raw)
	for _, tool := range told {
		c.log.Info("giving a tool another name, since this client would take it for another one", "tool", tool, "switch", "--adapt off")
	}
	return raw
}

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
