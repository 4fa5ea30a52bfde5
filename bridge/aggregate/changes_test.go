package aggregate

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"ucbridge/bridge/jsonrpc"
	"ucbridge/bridge/mcp"
	"ucbridge/bridge/refusal"
)

// TestComesWhileTheClientBegins: a server that comes at the moment at which the client
// begins is begun with, and once.
func TestComesWhileTheClientBegins(t *testing.T) {
	t.Parallel()
	a, b := withTools("a", "one"), withTools("b", "two")
	var moment atMessage
	inBubble(t, Options{Log: slog.New(&moment)}, []*fake{a}, func(t *testing.T, c *client) {
		moment.message, moment.do = "a server has come", func() {
			c.say(`{"jsonrpc":"2.0","id":1,"method":"initialize","params":` + hi + `}`)
			synctest.Wait()
		}
		c.a.Update([]Server{a.server(), b.server()})
		c.asked = 1
		if got := c.names(mcp.ListTools); !slices.Equal(got, []string{"one", "two", statusTool}) {
			t.Errorf("tools %q", got)
		}
		if n := len(b.saw(mcp.Initialize)); n != 1 {
			t.Errorf("%d handshakes", n)
		}
	})
}

// atMessage does something at the moment at which a message is logged.
type atMessage struct {
	slog.Handler
	message string
	do      func()
}

func (h *atMessage) Enabled(context.Context, slog.Level) bool { return true }

func (h *atMessage) Handle(_ context.Context, r slog.Record) error {
	if h.do != nil && r.Message == h.message {
		h.do()
	}
	return nil
}

// TestHalfAList: a list that breaks off does not take the place of one that was read
// whole. Where there is none it shows what has come, and is read again.
func TestHalfAList(t *testing.T) {
	t.Parallel()
	for _, whole := range []bool{true, false} {
		f := withTools("a", "one", "two")
		var breaks atomic.Bool
		breaks.Store(!whole)
		f.pages = func(m jsonrpc.Message) string {
			switch {
			case !breaks.Load():
				return ""
			case jsonrpc.Value(m.Params, "cursor") == nil:
				return `{"tools":[{"name":"one","inputSchema":{"type":"object"}}],"nextCursor":"2"}`
			}
			return "error"
		}
		inBubble(t, Options{}, []*fake{f}, func(t *testing.T, c *client) {
			c.begin()
			want := []string{"one", "two", statusTool}
			if !whole {
				want = []string{"one", statusTool}
			}
			for range 2 {
				if got := c.names(mcp.ListTools); !slices.Equal(got, want) {
					t.Errorf("whole first: %v: tools %q", whole, got)
				}
				breaks.Store(true)
				f.client.Emit([]byte(`{"jsonrpc":"2.0","method":"` + mcp.ToolsChanged + `"}`))
				time.Sleep(time.Second)
			}
			breaks.Store(false)
			c.names(mcp.ListTools)
			time.Sleep(time.Second)
			if got := c.names(mcp.ListTools); !slices.Equal(got, []string{"one", "two", statusTool}) {
				t.Errorf("afterwards: tools %q", got)
			}
		})
	}
}

// TestSilentChange: what a server lists that does not say when it changes is read again when
// the client reads it.
func TestSilentChange(t *testing.T) {
	t.Parallel()
	f := withTools("a", "one")
	f.result = `{"protocolVersion":"2025-11-25","capabilities":{"tools":{}},"serverInfo":{"name":"a","version":"1"}}`
	inBubble(t, Options{}, []*fake{f}, func(t *testing.T, c *client) {
		c.begin()
		for _, tool := range []string{"one", "two"} {
			f.lists[mcp.ListTools] = `{"name":"` + tool + `","inputSchema":{"type":"object"}}`
			if got := c.names(mcp.ListTools); !slices.Equal(got, []string{tool, statusTool}) {
				t.Errorf("tools %q", got)
			}
			time.Sleep(2 * time.Second)
			synctest.Wait()
		}
		if n := len(c.heard(mcp.ToolsChanged)); n != 0 {
			t.Errorf("told of %d changes that it has read", n)
		}
	})
}

// TestOwnNamesAreNobodys: no server's name before a tool's makes one of the aggregate's own.
func TestOwnNamesAreNobodys(t *testing.T) {
	t.Parallel()
	for _, prefix := range []Prefix{PrefixAuto, PrefixAlways, PrefixNever} {
		servers := []string{"ucbridge", "find", "call"}
		entries := []entry{{"ucbridge", "status"}, {"find", "tools"}, {"find", statusTool}, {"call", "read_tool"}, {"call", "write_tool"}}
		for e, shown := range assign(prefix, servers, entries) {
			if slices.Contains(reserved, shown) || shown == "" {
				t.Errorf("%s: %v is called %q", prefix, e, shown)
			}
		}
	}
}

// TestWithdrawnInMidCall: a server is withdrawn while it has calls, one of which asks the
// user. The client hears why, and once; what it says of them later goes nowhere.
func TestWithdrawnInMidCall(t *testing.T) {
	t.Parallel()
	for _, modern := range []bool{false, true} {
		a, b := withTools("a", "slow", "ask"), withTools("b", "other")
		a.answer = func(m jsonrpc.Message) string {
			if jsonrpc.Text(m.Params, "name") == "ask" {
				a.client.Emit(fmt.Appendf(nil, `{"jsonrpc":"2.0","id":7,"method":"elicitation/create","params":{"message":"sure?"}}`))
			}
			return ""
		}
		inBubble(t, Options{}, []*fake{a, b}, func(t *testing.T, c *client) {
			said := ""
			if modern {
				said = `,` + meta
				c.ask(mcp.ListTools, `{`+meta+`}`)
			} else {
				c.begin()
				c.names(mcp.ListTools)
			}
			c.say(`{"jsonrpc":"2.0","id":"ask","method":"tools/call","params":{"name":"ask"` + said + `}}`)
			synctest.Wait()
			c.say(`{"jsonrpc":"2.0","id":"slow","method":"tools/call","params":{"name":"slow"` + said + `}}`)
			synctest.Wait()
			c.a.Update([]Server{b.server()})
			synctest.Wait()
			want := []string{"slow"}
			if !modern {
				want = []string{"slow", "ask"}
				if asked, over := c.heard("elicitation/create"), c.heard(mcp.Cancelled); len(over) != 1 || string(over[0].Field("requestId")) != string(asked[0].ID) {
					t.Errorf("the question is withdrawn by %v", over)
				}
			}
			for _, id := range want {
				answer := c.answer(`"` + id + `"`)
				if answer == nil || !strings.Contains(text(*answer), `The server "a" is not among those that you may use any more. `+refusal.CheckFirst) {
					t.Fatalf("modern %v, %s: %v", modern, id, answer)
				}
			}
			if modern {
				state := jsonrpc.Text(c.answer(`"ask"`).Result, "requestState")
				again := c.ask(mcp.CallTool, `{"name":"ask","requestState":"`+state+`","inputResponses":{"input":{"action":"accept"}}`+said+`}`)
				if !strings.Contains(text(again), "is over") {
					t.Errorf("the retry: %s", again.Raw)
				}
			}
			a.client.Emit([]byte(`{"jsonrpc":"2.0","id":"slow","result":{"content":[]}}`))
			synctest.Wait()
			c.mu.Lock()
			defer c.mu.Unlock()
			answers := 0
			for _, m := range c.said {
				if string(m.ID) == `"slow"` {
					answers++
				}
			}
			if answers != 1 || !a.closed {
				t.Errorf("%d answers; closed: %v", answers, a.closed)
			}
		})
	}
}
