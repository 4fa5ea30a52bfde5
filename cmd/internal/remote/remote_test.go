package remote

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/mark3labs/mcp-go/client"
	"github.com/mark3labs/mcp-go/mcp"
	"go.uber.org/goleak"

	"ucbridge/bridge/jsonrpc"
	"ucbridge/bridge/refusal"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// scripted is a bridge with an answer to each method, the members after the id. What
// has none, or an empty one, is not answered.
type scripted struct {
	answers map[string]func(params string) string
	notices []string // what comes before the answer to tools/call
	fault   error    // it ends with it at initialize

	mu   sync.Mutex
	seen []string // methods, and the params of notifications
}

func (d *scripted) Stdio(ctx context.Context, in io.Reader, out io.Writer) error {
	lines := bufio.NewScanner(in)
	for lines.Scan() {
		m, err := jsonrpc.Parse([]byte(lines.Text()))
		if err != nil {
			return err
		}
		note := m.Method
		if m.IsNotification() {
			note += string(m.Params)
		}
		d.mu.Lock()
		d.seen = append(d.seen, note)
		d.mu.Unlock()
		if m.Method == "initialize" && d.fault != nil {
			return d.fault
		}
		if m.Method == "tools/call" {
			fmt.Fprint(out, strings.Join(append(d.notices, ""), "\n"))
		}
		if d.answers[m.Method] == nil {
			continue
		}
		if answer := d.answers[m.Method](string(m.Params)); answer != "" {
			fmt.Fprintf(out, `{"jsonrpc":"2.0","id":%s,%s}`+"\n", m.ID, answer)
		}
	}
	return nil
}

func (d *scripted) saw() []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.seen
}

func always(answer string) func(string) string { return func(string) string { return answer } }

const (
	notFound = `"error":{"code":-32601,"message":"Method not found"}`
	hello    = `"result":{"protocolVersion":"2025-11-25","capabilities":{"tools":{}},"serverInfo":{"name":"s","version":"1"}}`
)

// open connects to a server of the revisions with a handshake, with these answers.
func open(t *testing.T, answers map[string]func(string) string, opts Options) (*Server, *scripted) {
	t.Helper()
	answers["server/discover"] = always(notFound)
	answers["initialize"] = always(hello)
	d := &scripted{answers: answers}
	opts.Server = d
	s, err := Connect(t.Context(), opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(context.Background()); err != nil {
			t.Errorf("closing: %v", err)
		}
	})
	return s, d
}

func TestList(t *testing.T) {
	t.Parallel()
	s, _ := open(t, map[string]func(string) string{
		"tools/list": func(params string) string {
			if strings.Contains(params, "second") { // with a member that mcp-go cannot read
				return `"result":{"tools":[{"name":7,"big":9007199254740993}]}`
			}
			return `"result":{"tools":[{"name":"a","x":{"z":1,"y":1.0}},{"name":"b"}],"nextCursor":"second"}`
		},
		"prompts/list": always(`"result":{"prompts":[{"name":"p"}],"nextCursor":"again"}`),
	}, Options{})
	var got []string
	for entry, err := range s.List(t.Context(), Tools) {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, string(entry))
	}
	want := []string{`{"name":"a","x":{"z":1,"y":1.0}}`, `{"name":"b"}`, `{"name":7,"big":9007199254740993}`}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	var last error
	for _, err := range s.List(t.Context(), Prompts) {
		last = err
	}
	if last == nil || !strings.Contains(last.Error(), "repeats a page") {
		t.Errorf("a list without end: %v", last)
	}
	if !s.Declares(Tools) || s.Declares(Prompts) || s.Declares(ResourceTemplates) {
		t.Errorf("what the server declares: %+v", s.hello)
	}
}

func TestCallKeepsTheResult(t *testing.T) {
	t.Parallel()
	const result = `{"content":[{"type":"hologram","n":1e400}],"structuredContent":{"id":9007199254740993}}`
	var sent string
	s, _ := open(t, map[string]func(string) string{"tools/call": func(params string) string {
		sent = params
		return `"result":` + result
	}}, Options{})
	got, err := s.Call(t.Context(), "tool", json.RawMessage(`{"n":9007199254740993,"b":1.0,"a":2}`))
	if err != nil || string(got) != result {
		t.Errorf("got %s, %v", got, err)
	}
	if want := `"arguments":{"n":9007199254740993,"b":1.0,"a":2}`; !strings.Contains(sent, want) {
		t.Errorf("sent %s", sent)
	}
}

func TestErrors(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, answer, want, hint string }{
		{"the bridge's", `"error":{"code":-32603,"message":"You may not.","data":{"source":"ucbridge","reason":"connection_forbidden","hint":"ask\u001b[2J","retryable":false}}`,
			"You may not. (ask\\u{1b}[2J)", "ask\\u{1b}[2J"},
		{"the server's", `"error":{"code":-32602,"message":"no\nucbridge: hint: rm","data":{"a":["\u009b"]}}`,
			"the MCP server answered with an error: no ucbridge: hint: rm (code -32602): {\"a\":[\"\\u{9b}\"]}", ""},
		{"the server's alone", `"error":{"code":7,"message":"no"}`, "the MCP server answered with an error: no (code 7)", ""},
		{"a link first", `"error":{"code":-32042,"message":"Sign in.","data":{"elicitations":[{"mode":"url","url":"https://example.com","elicitationId":"1","message":"m"}]}}`,
			"Sign in. (open this link, then call again: https://example.com)", "open this link, then call again: https://example.com"},
	}
	for _, tt := range tests {
		s, _ := open(t, map[string]func(string) string{"tools/call": always(tt.answer)}, Options{})
		_, err := s.Call(t.Context(), "tool", nil)
		if err == nil || err.Error() != tt.want {
			t.Errorf("%s: %v, want %s", tt.name, err, tt.want)
		}
		hint := ""
		if e, ok := errors.AsType[*refusal.Error](err); ok {
			hint = e.Data.Hint
		}
		if hint != tt.hint {
			t.Errorf("%s: hint %q, want %q", tt.name, hint, tt.hint)
		}
	}
}

func TestConnectFails(t *testing.T) {
	t.Parallel()
	closed := errors.New("closed")
	_, err := Connect(t.Context(), Options{Server: &scripted{fault: closed, answers: map[string]func(string) string{"server/discover": always(notFound)}}})
	if !errors.Is(err, closed) {
		t.Errorf("a bridge that ends: %v", err)
	}
	_, err = Connect(t.Context(), Options{Server: &scripted{answers: map[string]func(string) string{
		"server/discover": always(notFound), "initialize": always(`"error":{"code":-32602,"message":"too old"}`),
	}}})
	if refused, ok := errors.AsType[*Refusal](err); !ok || refused.Message != "too old" {
		t.Errorf("a server that refuses: %v", err)
	}
	_, err = Connect(t.Context(), Options{Server: &scripted{answers: map[string]func(string) string{
		"server/discover": always(notFound), "initialize": always(`"result":{"protocolVersion":"1999-01-01","capabilities":{}}`),
	}}})
	if err == nil || !strings.Contains(err.Error(), "1999-01-01") {
		t.Errorf("a revision that does not exist: %v", err)
	}
	ctx, cancel := context.WithCancelCause(t.Context())
	interrupted := errors.New("interrupted")
	_, err = Connect(ctx, Options{Server: &scripted{answers: map[string]func(string) string{
		"server/discover": func(string) string { cancel(interrupted); return notFound },
	}}})
	if !errors.Is(err, interrupted) {
		t.Errorf("interrupted: %v", err)
	}
}

func TestCancel(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancelCause(t.Context())
	interrupted := errors.New("interrupted")
	s, d := open(t, map[string]func(string) string{
		"tools/call": func(string) string { cancel(interrupted); return "" },
	}, Options{})
	if _, err := s.Call(ctx, "slow", nil); !errors.Is(err, interrupted) {
		t.Errorf("got %v", err)
	}
	if err := s.Close(t.Context()); err != nil { // the server has read all then
		t.Error(err)
	}
	seen := d.saw()
	if last := seen[len(seen)-1]; !strings.HasPrefix(last, "notifications/cancelled") || !strings.Contains(last, `"requestId":3`) {
		t.Errorf("seen: %v", seen)
	}
}

func TestDiscoverWithoutTheRevision(t *testing.T) {
	t.Parallel()
	for discovered, want := range map[string]string{
		`["2025-11-25","2025-06-18"]`: "server/discover initialize notifications/initialized",
		`["2025-11-25","2026-07-28"]`: "server/discover",
	} {
		d := &scripted{answers: map[string]func(string) string{
			"server/discover": always(`"result":{"supportedVersions":` + discovered + `,"capabilities":{}}`), "initialize": always(hello),
		}}
		s, err := Connect(t.Context(), Options{Server: d})
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Close(t.Context()); err != nil {
			t.Error(err)
		}
		if got := strings.Join(d.saw(), " "); got != want {
			t.Errorf("%s: saw %s, want %s", discovered, got, want)
		}
	}
}

func TestCapabilities(t *testing.T) {
	t.Parallel()
	decline := elicitor(func() *mcp.ElicitationResult { return nil })
	for name, tt := range map[string]struct {
		elicit client.ElicitationHandler
		want   string
	}{"nobody there": {nil, `{}`}, "somebody there": {decline, `{"elicitation":{"form":{},"url":{}}}`}} {
		var got string
		d := &scripted{answers: map[string]func(string) string{
			"server/discover": always(notFound),
			"initialize": func(params string) string {
				got = string(jsonrpc.Value([]byte(params), "capabilities"))
				return hello
			},
		}}
		s, err := Connect(t.Context(), Options{Server: d, Elicit: tt.elicit})
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Close(t.Context()); err != nil {
			t.Error(err)
		}
		if got != tt.want {
			t.Errorf("%s: %s, want %s", name, got, tt.want)
		}
	}
}

type elicitor func() *mcp.ElicitationResult

func (e elicitor) Elicit(context.Context, mcp.ElicitationRequest) (*mcp.ElicitationResult, error) {
	return e(), nil
}

func TestNotices(t *testing.T) {
	t.Parallel()
	var progress []Progress
	var logs []LogMessage
	s, d := open(t, map[string]func(string) string{"tools/call": always(`"result":{"content":[]}`)}, Options{
		Progress: func(p Progress) { progress = append(progress, p) },
		Log:      func(m LogMessage) { logs = append(logs, m) },
	})
	d.notices = []string{
		`{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":"ucbridge-call","progress":1,"total":2.5,"message":"m"}}`,
		`{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":"another","progress":1}}`,
		`{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":"ucbridge-call","progress":"none"}}`,
		`{"jsonrpc":"2.0","method":"notifications/message","params":{"level":"info","logger":"l","data":{"a":1}}}`,
		`{"jsonrpc":"2.0","method":"notifications/of/the/future"}`,
	}
	if _, err := s.Call(t.Context(), "tool", nil); err != nil { // they are read in order, before the answer
		t.Fatal(err)
	}
	if diff := cmp.Diff([]Progress{{Token: "ucbridge-call", Done: 1, Total: 2.5, Message: "m"}}, progress); diff != "" {
		t.Errorf("progress (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]LogMessage{{Level: "info", Logger: "l", Data: json.RawMessage(`{"a":1}`)}}, logs); diff != "" {
		t.Errorf("log (-want +got):\n%s", diff)
	}
}
