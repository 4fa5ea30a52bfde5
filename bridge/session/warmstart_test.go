package session

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"ucbridge/bridge/jsonrpc"
	"ucbridge/bridge/refusal"
	"ucbridge/bridge/standby"
)

// remembering returns a standby that keeps its answers in dir.
func remembering(dir string) Standby {
	return standby.New(standby.Options{
		Version: "0.0.0-test", Dir: dir, Log: slog.New(slog.DiscardHandler),
		Owner: func(context.Context) (string, error) { return "ada", nil },
	})
}

// slow is a server that needs 4 s for each handshake, and lists what tool says.
type slow struct {
	scripted
	tool atomic.Value
	down atomic.Bool
}

func newSlow() *slow {
	u := new(slow)
	u.tool.Store("old")
	u.fail = func(m jsonrpc.Message) error {
		if m.Method == "initialize" || m.Method == "server/discover" {
			time.Sleep(4 * time.Second)
		}
		if m.Method == "initialize" && u.down.Load() {
			return refusal.New(refusal.ConnectionLoginRequired, "You are not signed in.").WithHint("open the page")
		}
		return nil
	}
	u.answer = func(_ context.Context, m jsonrpc.Message, say func(string) bool) {
		switch m.Method {
		case "server/discover":
			say(fmt.Sprintf(`{"jsonrpc":"2.0","id":%s,"error":{"code":-32601,"message":"no"}}`, m.ID))
		case "tools/list":
			say(fmt.Sprintf(`{"jsonrpc":"2.0","id":%s,"result":{"tools":[{"name":%q}]}}`, m.ID, u.tool.Load()))
		default:
			say(fmt.Sprintf(`{"jsonrpc":"2.0","id":%s,"result":{}}`, m.ID))
		}
	}
	return u
}

// start begins a session of a client of that name, which says hello.
func (u *slow) start(t *testing.T, dir, name string) *client {
	u.pushes = make(chan string)
	c := &client{t: t, emitted: make(chan string, 100), patience: time.Hour}
	c.s = New(t.Context(), Options{Upstream: u, Route: route{}, Client: c, Log: slog.New(slog.DiscardHandler), Standby: remembering(dir), ConnectTimeout: 8 * time.Second})
	c.send(strings.Replace(hello, `"name":"t"`, `"name":"`+name+`"`, 1))
	return c
}

// learned runs a first session, from which there is something to remember.
func (u *slow) learned(t *testing.T) (dir string) {
	dir = t.TempDir()
	c := u.start(t, dir, "t")
	c.next()
	c.send(`{"jsonrpc":"2.0","method":"notifications/initialized"}`)
	c.send(`{"jsonrpc":"2.0","id":1,"method":"tools/list"}`)
	c.next()
	synctest.Wait()
	c.s.Close(time.Second)
	return dir
}

// TestWarmStart: what is remembered answers at once, calls wait for the server, and the
// client is told where a list is another now.
func TestWarmStart(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		client, tool string
		down         bool
		lists        time.Duration // when tools/list is answered
		want         []string      // then, in their order
	}{
		"nothing has changed": {"t", "old", false, 0, []string{`"id":3,"result":{}`}},
		"a tool has changed":  {"t", "new", false, 0, []string{`"id":3,"result":{}`, "tools/list_changed"}},
		"the client does not list again, and the server is slow": {"codex-mcp-client", "old", false, listPatience, []string{`"id":3,"result":{}`}},
		"the server is out of reach":                             {"t", "old", true, 0, []string{"tools/list_changed", "What to do: open the page"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				u := newSlow()
				dir := u.learned(t)
				u.tool.Store(tt.tool)
				u.down.Store(tt.down)
				began := time.Now()
				c := u.start(t, dir, tt.client)
				defer c.s.Close(0)
				if got := c.next(); !strings.Contains(got, `"protocolVersion":"2025-11-25"`) || !strings.Contains(got, `"listChanged":true`) || time.Since(began) != 0 {
					t.Errorf("after %s: %s", time.Since(began), got)
				}
				c.send(`{"jsonrpc":"2.0","method":"notifications/initialized"}`)
				c.send(`{"jsonrpc":"2.0","id":2,"method":"tools/list"}`)
				c.want(`{"jsonrpc":"2.0","id":2,"result":{"tools":[{"name":"old"}]}}`)
				if took := time.Since(began); took != tt.lists {
					t.Errorf("the list came after %s", took)
				}
				c.send(fmt.Sprintf(callX, 3))
				var got []string
				for range tt.want {
					got = append(got, c.next())
				}
				if took := time.Since(began); took != 4*time.Second {
					t.Errorf("the call took %s", took)
				}
				for _, want := range tt.want {
					if !strings.Contains(strings.Join(got, "\n"), want) {
						t.Errorf("got %v, want %s", got, want)
					}
				}
				synctest.Wait()
				if len(c.emitted) > 0 {
					t.Errorf("more came: %s", c.next())
				}
			})
		})
	}
}

// That a server has no server/discover is remembered for a day.
func TestDiscoverIsNotAskedAgain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		u, dir := newSlow(), t.TempDir()
		for i, want := range []time.Duration{4 * time.Second, 0} {
			u.pushes = make(chan string)
			c := &client{t: t, emitted: make(chan string, 100), patience: time.Hour}
			c.s = New(t.Context(), Options{Upstream: u, Route: route{}, Client: c, Log: slog.New(slog.DiscardHandler), Standby: remembering(dir), ConnectTimeout: 8 * time.Second})
			began := time.Now()
			c.send(modern(`"d"`, "server/discover", ""))
			if got := c.next(); !strings.Contains(got, "-32601") {
				t.Errorf("%d: %s", i, got)
			}
			if took := time.Since(began); took != want {
				t.Errorf("%d: after %s", i, took)
			}
			synctest.Wait()
			c.s.Close(0)
		}
	})
}

// TestInitializedOnce: a session that the bridge began is told so once, however late the
// client says it.
func TestInitializedOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		u := newSlow()
		dir := u.learned(t)
		u.mu.Lock()
		u.seen = nil
		u.mu.Unlock()
		c := u.start(t, dir, "t")
		defer c.s.Close(0)
		c.next()
		time.Sleep(5 * time.Second) // the server has answered
		c.send(`{"jsonrpc":"2.0","method":"notifications/initialized"}`)
		c.send(fmt.Sprintf(callX, 3))
		c.next()
		synctest.Wait()
		u.mu.Lock()
		defer u.mu.Unlock()
		if got := strings.Count(strings.Join(u.seen, "\n"), "notifications/initialized"); got != 1 {
			t.Errorf("told %d times: %v", got, u.seen)
		}
	})
}
