package aggregate

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"ucbridge/bridge/jsonrpc"
	"ucbridge/bridge/mcp"
	"ucbridge/bridge/refusal"
)

// fake is a server without a session and a network: what it says is the test's.
type fake struct {
	name string
	// result answers initialize, discover server/discover; "" refuses.
	result, discover string
	// lists are the elements of each list, by method.
	lists map[string]string
	// pages, if set, is asked first for the answer to a list; "" leaves it to lists, "error"
	// is a refusal, as is "error" with an error behind it.
	pages func(m jsonrpc.Message) string
	// answer answers any other request; "" leaves it open.
	answer func(m jsonrpc.Message) string
	// faulty is a method at which the conversation panics.
	faulty string
	// delay is how long the answer to the handshake takes.
	delay time.Duration

	mu     sync.Mutex
	client Client
	seen   []jsonrpc.Message
	closed bool
}

// withTools is a server with tools of these names.
func withTools(name string, tools ...string) *fake {
	var list []string
	for _, tool := range tools {
		list = append(list, `{"name": "`+tool+`","inputSchema":{"type":"object"}}`)
	}
	return &fake{
		name:   name,
		result: `{"protocolVersion":"2025-11-25","capabilities":{"tools":{"listChanged":true}},"serverInfo":{"name":"` + name + `","version":"1"}}`,
		lists:  map[string]string{mcp.ListTools: strings.Join(list, ",")},
		answer: func(m jsonrpc.Message) string {
			return `{"content":[{"type":"text","text":"` + name + " " + m.Method + " " + jsonrpc.Text(m.Params, "name") + `"}]}`
		},
	}
}

func (f *fake) server() Server {
	return Server{
		Name: f.name,
		Open: func(_ context.Context, client Client) Conversation {
			f.client = client
			return f
		},
		State: func() (string, *refusal.Error) { return "", nil },
	}
}

func (f *fake) Reach(context.Context) error { return nil }

func (f *fake) Close(time.Duration) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.closed = true
}

func (f *fake) Handle(m jsonrpc.Message) {
	f.mu.Lock()
	f.seen = append(f.seen, m)
	f.mu.Unlock()
	if m.Method != "" && m.Method == f.faulty {
		panic("a fault in " + m.Method)
	}
	if !m.IsRequest() {
		return
	}
	go func() {
		result := ""
		list, isList := mcp.ListOf(m.Method)
		switch {
		case m.Method == mcp.Initialize, m.Method == mcp.Discover:
			time.Sleep(f.delay)
			if result = f.result; m.Method == mcp.Discover {
				result = f.discover
			}
			if result == "" {
				f.client.Emit(fmt.Appendf(nil, `{"jsonrpc":"2.0","id":%s,"error":{"code":-32601,"message":"no"}}`, m.ID))
				return
			}
		case isList && f.pages != nil && f.pages(m) != "":
			result = f.pages(m)
			if e, refuses := strings.CutPrefix(result, "error"); refuses {
				f.client.Emit(fmt.Appendf(nil, `{"jsonrpc":"2.0","id":%s,"error":%s}`, m.ID, cmp.Or(e, `{"code":-32603,"message":"no"}`)))
				return
			}
		case isList:
			result = `{"` + list.Member + `":[` + f.lists[m.Method] + `]}`
		case f.answer != nil:
			result = f.answer(m)
		}
		if result != "" {
			f.client.Emit(fmt.Appendf(nil, `{"jsonrpc":"2.0","id":%s,"result":%s}`, m.ID, result))
		}
	}()
}

// saw returns the messages of that method, or the responses for "".
func (f *fake) saw(method string) []jsonrpc.Message {
	f.mu.Lock()
	defer f.mu.Unlock()
	var all []jsonrpc.Message
	for _, m := range f.seen {
		if m.Method == method {
			all = append(all, m)
		}
	}
	return all
}

// client is the AI client of a test.
type client struct {
	t *testing.T
	a *Aggregate

	mu    sync.Mutex
	said  []jsonrpc.Message
	asked int
}

// inBubble runs test with an aggregate of these servers where time is not real.
func inBubble(t *testing.T, opts Options, servers []*fake, test func(t *testing.T, c *client)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		c := &client{t: t}
		for _, f := range servers {
			opts.Servers = append(opts.Servers, f.server())
		}
		opts.Version, opts.ConnectTimeout = "0.0.0-test", 8*time.Second
		opts.Log = cmp.Or(opts.Log, slog.New(slog.DiscardHandler))
		opts.Emit = func(raw []byte, _ jsonrpc.ID) {
			m, err := jsonrpc.Parse(raw)
			if err != nil {
				t.Errorf("%s: %v", raw, err)
			}
			c.mu.Lock()
			defer c.mu.Unlock()
			c.said = append(c.said, m)
		}
		c.a = New(t.Context(), opts)
		defer c.a.Close(0)
		test(t, c)
	})
}

// say sends a message.
func (c *client) say(raw string) {
	c.t.Helper()
	m, err := jsonrpc.Parse([]byte(raw))
	if err != nil {
		c.t.Fatalf("%s: %v", raw, err)
	}
	c.a.Handle(m)
}

// ask sends a request and returns the answer; nothing must be left to happen when there
// is none.
func (c *client) ask(method, params string) jsonrpc.Message {
	c.t.Helper()
	c.asked++
	id := fmt.Sprintf("%d", c.asked)
	c.say(`{"jsonrpc":"2.0","id":` + id + `,"method":"` + method + `","params":` + params + `}`)
	for range 100 {
		synctest.Wait()
		if m := c.answer(id); m != nil {
			return *m
		}
		time.Sleep(50 * time.Millisecond)
	}
	c.t.Fatalf("no answer to %s %s", method, params)
	return jsonrpc.Message{}
}

func (c *client) answer(id string) *jsonrpc.Message {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, m := range c.said {
		if m.IsResponse() && string(m.ID) == id {
			return &m
		}
	}
	return nil
}

// heard returns the requests and notifications of that method.
func (c *client) heard(method string) []jsonrpc.Message {
	synctest.Wait()
	c.mu.Lock()
	defer c.mu.Unlock()
	var all []jsonrpc.Message
	for _, m := range c.said {
		if m.Method == method {
			all = append(all, m)
		}
	}
	return all
}

const hi = `{"protocolVersion":"2025-11-25","capabilities":{"elicitation":{}},"clientInfo":{"name":"test","version":"1"}}`

func (c *client) begin() jsonrpc.Message {
	c.t.Helper()
	m := c.ask(mcp.Initialize, hi)
	c.say(`{"jsonrpc":"2.0","method":"notifications/initialized"}`)
	return m
}

// names lists the names on all pages of a list.
func (c *client) names(method string) []string {
	c.t.Helper()
	list, _ := mcp.ListOf(method)
	var all []string
	params := `{}`
	for {
		answer := c.ask(method, params)
		for _, e := range jsonrpc.Elements(jsonrpc.Value(answer.Result, list.Member)) {
			all = append(all, jsonrpc.Text(e, list.Key))
		}
		cursor := jsonrpc.Value(answer.Result, "nextCursor")
		if cursor == nil {
			return all
		}
		params = `{"cursor":` + string(cursor) + `}`
	}
}

// text is the text of a result.
func text(m jsonrpc.Message) string {
	for _, block := range jsonrpc.Elements(jsonrpc.Value(m.Result, "content")) {
		return jsonrpc.Text(block, "text")
	}
	return "error: " + jsonrpc.Text(m.Error, "message")
}
