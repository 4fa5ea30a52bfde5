package govern

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"ucbridge/bridge/jsonrpc"
	"ucbridge/bridge/mcp"
	"ucbridge/bridge/policy"
)

// TestEmptiedPage: of a page of which the rules leave nothing the client does not hear; it
// gets the next one of which something is left.
func TestEmptiedPage(t *testing.T) {
	t.Parallel()
	const denied = `{"tools":[{"name":"no_1"},{"name":"no_2"}],"nextCursor":"%d"}`
	for name, tt := range map[string]struct {
		pages []string // from the second on
		want  string
		asked int
	}{
		"the next one":            {[]string{`{"tools":[{"name":"no_3"},{"name":"yes"}],"nextCursor":"9"}`}, `{"tools":[{"name":"yes"}],"nextCursor":"9"}`, 1},
		"the one after it":        {[]string{fmt.Sprintf(denied, 3), `{"tools":[{"name":"yes"}]}`}, `{"tools":[{"name":"yes"}]}`, 2},
		"an empty one between":    {[]string{`{"tools":[],"nextCursor":"3"}`, `{"tools":[{"name":"yes"}]}`}, `{"tools":[{"name":"yes"}]}`, 2},
		"all of them":             {[]string{`{"tools":[{"name":"no_3"}]}`}, `{"tools":[]}`, 1},
		"one that does not come":  {nil, `{"tools":[],"nextCursor":"2"}`, 1},
		"one more that does not":  {[]string{fmt.Sprintf(denied, 3)}, `{"tools":[],"nextCursor":"3"}`, 2},
		"a list without end":      {[]string{fmt.Sprintf(denied, 2)}, `{"tools":[],"nextCursor":"2"}`, 1},
		"one that cannot be read": {[]string{`{"tools":[],"tools":[{"name":"yes"}]}`}, "ambiguous", 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			th := open(t, "tools: {deny: [no_*]}")
			th.pages = append([]string{fmt.Sprintf(denied, 2)}, tt.pages...)
			th.answer = func(m jsonrpc.Message) string {
				return fmt.Sprintf(`{"jsonrpc":"2.0","id":%s,"result":%s}`, m.ID, th.pages[0])
			}
			heard := th.say(`{"jsonrpc":"2.0","id":"l","method":"tools/list"}`)
			if len(heard) != 1 || !strings.Contains(heard[0], `"id":"l"`) || !strings.Contains(heard[0], tt.want) {
				t.Errorf("heard %s, want %s", heard, tt.want)
			}
			if th.asked != tt.asked {
				t.Errorf("asked for %d pages, want %d", th.asked, tt.asked)
			}
			if th.say(call(1, "yes")); len(th.sent()) != 2 && strings.Contains(tt.want, "yes") {
				t.Error("a tool of the page that came is not known")
			}
		})
	}
}

// TestEmptiedPageOfOtherKinds: the same holds for what else is listed, and in the revision
// of which each request says what it is.
func TestEmptiedPageOfOtherKinds(t *testing.T) {
	t.Parallel()
	th := open(t, "prompts: {deny: [no_*]}")
	th.pages = []string{`{"prompts":[{"name":"no_1"}],"nextCursor":"2"}`, `{"prompts":[{"name":"yes"}]}`}
	th.answer = func(m jsonrpc.Message) string {
		return fmt.Sprintf(`{"jsonrpc":"2.0","id":%s,"result":%s}`, m.ID, th.pages[0])
	}
	heard := th.say(`{"jsonrpc":"2.0","id":7,"method":"prompts/list","params":{"_meta":{"` + mcp.MetaRevision + `":"2026-07-28","progressToken":1}}}`)
	if len(heard) != 1 || heard[0] != `{"jsonrpc":"2.0","id":7,"result":{"prompts":[{"name":"yes"}]}}` {
		t.Errorf("heard %s", heard)
	}
}

// TestEmptiedPageAboutPeople: nobody keeps the page that comes for other people.
func TestEmptiedPageAboutPeople(t *testing.T) {
	t.Parallel()
	th := openWith(t, `rules: [{not_groups: [admins], tools: {deny: [no_*]}}]`, Options{
		Name: "github", Log: slog.New(slog.DiscardHandler), Route: func() string { return "proxy" },
		Who: func(context.Context) (policy.Person, error) { return policy.Person{Name: "ada"}, nil },
	})
	th.pages = []string{`{"tools":[{"name":"no_1"}],"nextCursor":"2"}`, `{"tools":[{"name":"yes"}]}`}
	th.answer = func(m jsonrpc.Message) string {
		return fmt.Sprintf(`{"jsonrpc":"2.0","id":%s,"result":%s}`, m.ID, th.pages[0])
	}
	heard := th.say(`{"jsonrpc":"2.0","id":7,"method":"tools/list","params":{"_meta":{"` + mcp.MetaRevision + `":"2026-07-28"}}}`)
	if want := `{"jsonrpc":"2.0","id":7,"result":{"tools":[{"name":"yes"}],"cacheScope":"private"}}`; len(heard) != 1 || heard[0] != want {
		t.Errorf("heard %s, want %s", heard, want)
	}
}

// TestEmptyPage: a page that the server itself leaves empty goes out as it is.
func TestEmptyPage(t *testing.T) {
	t.Parallel()
	th := open(t, "tools: {deny: [no_*]}")
	th.answer = func(jsonrpc.Message) string { return `{"jsonrpc":"2.0","id":1,"result":{"tools":[],"nextCursor":"2"}}` }
	if heard := th.say(`{"jsonrpc":"2.0","id":1,"method":"tools/list"}`); len(heard) != 1 || heard[0] != th.answer(jsonrpc.Message{}) || th.asked != 0 {
		t.Errorf("heard %s, asked %d", heard, th.asked)
	}
}

// TestEmptiedPageWaits: the client does not wait for long.
func TestEmptiedPageWaits(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		th := open(t, "tools: {deny: [no_*]}")
		th.slow = time.Hour
		th.answer = func(jsonrpc.Message) string {
			return `{"jsonrpc":"2.0","id":1,"result":{"tools":[{"name":"no_1"}],"nextCursor":"2"}}`
		}
		began := time.Now()
		if heard := th.say(`{"jsonrpc":"2.0","id":1,"method":"tools/list"}`); len(heard) != 1 || !strings.Contains(heard[0], `"tools":[],"nextCursor":"2"`) {
			t.Errorf("heard %s", heard)
		}
		if took := time.Since(began); took != fillTimeout {
			t.Errorf("waited %v", took)
		}
	})
}

// TestEmptiedPageWithdrawn: a client that waits no longer gets no answer, over stdio, and no
// more pages are asked for.
func TestEmptiedPageWithdrawn(t *testing.T) {
	t.Parallel()
	const denied = `{"tools":[{"name":"no_1"}],"nextCursor":"2"}`
	synctest.Test(t, func(t *testing.T) {
		th := open(t, "tools: {deny: [no_*]}")
		th.slow = time.Second
		th.answer = func(m jsonrpc.Message) string {
			return fmt.Sprintf(`{"jsonrpc":"2.0","id":%s,"result":%s}`, m.ID, denied)
		}
		th.pages = []string{denied, `{"tools":[{"name":"no_2"}],"nextCursor":"3"}`, `{"tools":[{"name":"yes"}]}`}
		list := jsonrpc.MustParse([]byte(`{"jsonrpc":"2.0","id":"l","method":"tools/list"}`))
		th.gate.Handle(list)
		th.gate.Ended(list) // the session has its answer
		th.gate.Handle(jsonrpc.MustParse([]byte(`{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":"l"}}`)))
		if th.work.Wait(); len(th.heard) > 0 || th.asked > 0 || len(th.sent()) > 1 {
			t.Errorf("heard %s, asked for %d pages", th.heard, th.asked)
		}
		if heard := th.say(`{"jsonrpc":"2.0","id":"l","method":"tools/list"}`); len(heard) != 1 || !strings.Contains(heard[0], `"yes"`) {
			t.Errorf("heard %s under the same id", heard)
		}
	})
	synctest.Test(t, func(t *testing.T) { // over HTTP the connection says so
		file, err := policy.Parse("p.yaml", []byte("tools: {deny: [no_*]}"))
		if err != nil {
			t.Fatal(err)
		}
		g := New(Options{Name: "github", Policy: policy.New(policy.TargetOf("github", "", ""), file), Log: slog.New(slog.DiscardHandler), Route: func() string { return "proxy" }})
		defer g.Close()
		ctx, leave := context.WithCancel(t.Context())
		asker := &leavingAsker{answer: denied, leave: leave}
		f := g.ForRequest(ctx, Request{Person: policy.Person{Name: "ada"}, Asker: asker})
		list := jsonrpc.MustParse([]byte(`{"jsonrpc":"2.0","id":1,"method":"tools/list"}`))
		f.Begin(ctx, list)
		f.Pass(jsonrpc.MustParse(fmt.Appendf(nil, `{"jsonrpc":"2.0","id":1,"result":{"tools":[{"name":"no_1"}],"nextCursor":"1"}}`)))
		if asker.asked != 1 {
			t.Errorf("asked for %d pages", asker.asked)
		}
	})
}

// leavingAsker answers, and its client leaves meanwhile.
type leavingAsker struct {
	answer string
	leave  func()
	asked  int
}

func (a *leavingAsker) Ask(context.Context, string, []byte) (jsonrpc.Message, error) {
	a.asked++
	a.leave()
	return jsonrpc.Parse(fmt.Appendf(nil, `{"jsonrpc":"2.0","id":"ask","result":%s}`, a.answer))
}
