package gateway

import (
	"fmt"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"ucbridge/bridge/databricks"
	"ucbridge/bridge/jsonrpc"
)

// TestRecent has more users call more often than is remembered, and some with more
// than is kept of a call.
func TestRecent(t *testing.T) {
	t.Parallel()
	g := &Gateway{opts: Options{Auth: Authenticator{OnBehalf: true}}, recent: newRecent()}
	begin := time.Now()
	call := func(user string, at int, message string) {
		t.Helper()
		m, err := jsonrpc.Parse([]byte(message))
		if err != nil {
			t.Fatal(err)
		}
		g.recent.add(&exchange{
			g: g, r: httptest.NewRequest("POST", "/mcp/x", nil), began: begin.Add(time.Duration(at)),
			caller: Caller{Name: user}, message: m, out: &response{status: 200},
		})
	}
	const echo = `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"echo-%d","arguments":{"text":"confidential"}}}`
	for n := range maxRecentUsers + 1 {
		call(fmt.Sprint("user-", n), n, fmt.Sprintf(echo, 0))
	}
	if len(g.recent.users) != maxRecentUsers || g.Recent(Caller{Name: "user-0"}) != nil {
		t.Errorf("%d users are remembered, the one who called first: %v", len(g.recent.users), g.Recent(Caller{Name: "user-0"}))
	}
	for n := range maxRecentCalls + 5 {
		call("user-1", maxRecentUsers+n, fmt.Sprintf(echo, n))
	}
	calls := g.Recent(Caller{Name: "user-1"})
	if len(calls) != maxRecentCalls || calls[0].Name != fmt.Sprint("echo-", maxRecentCalls+4) || calls[maxRecentCalls-1].Name != "echo-5" {
		t.Errorf("of user-1 there are %d calls: %v", len(calls), calls)
	}
	if strings.Contains(fmt.Sprint(calls), "confidential") {
		t.Errorf("an argument is kept: %v", calls)
	}

	call("grace", 0, `{"jsonrpc":"2.0","id":1,"method":"tools/list"}`)
	call("grace", 0, `{"jsonrpc":"2.0","id":1,"method":"`+strings.Repeat("x", 1000)+`"}`)
	call("grace", 0, fmt.Sprintf(`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":%q}}`, strings.Repeat("x", 129)))
	call("grace", 0, fmt.Sprintf(`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"x","arguments":{"text":%q}}}`, strings.Repeat("x", 64<<10)))
	call("grace", 0, `{"jsonrpc":"2.0","id":1,"method":"resources/read","params":{"uri":"file:///confidential"}}`)
	for _, c := range g.Recent(Caller{Name: "grace"}) {
		if c.Name != "" {
			t.Errorf("%s is kept", c.Name)
		}
	}
	if n := len(g.Recent(Caller{Name: "grace"})); n != 3 {
		t.Errorf("%d calls of grace", n)
	}

	g.opts.Auth = Authenticator{} // --auth app, where all are one
	if all := g.Recent(Caller{Name: "user-1"}); all != nil {
		t.Errorf("with --auth app everybody sees %v", all)
	}
}

// TestNobodysCalls has somebody call who is not let in: there is nobody to remember
// it for.
func TestNobodysCalls(t *testing.T) {
	t.Parallel()
	s := set(t, databricks.Target{Connection: "github"}, nil)
	s.call(t, "POST", "dapi-nobody", `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"echo"}}`)
	if n := len(s.gateway.recent.users); n != 0 {
		t.Errorf("%d users are remembered", n)
	}
}
