package gateway

import (
	"bufio"
	"bytes"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"testing"

	"ucbridge/bridge/databricks"
	"ucbridge/bridge/emulator"
)

// TestUsersApart has many users call at once over shared connections,
// and compares who asked for what with whom the workspace saw ask for it.
func TestUsersApart(t *testing.T) {
	t.Parallel()
	for _, route := range []string{"proxy", "external-function"} {
		t.Run(route, func(t *testing.T) {
			t.Parallel()
			const users, calls = 12, 40
			s := set(t, databricks.Target{Connection: "shared", Route: route}, nil)
			s.workspace.AddConnection(emulator.Connection{Name: "shared", MCP: true})
			sessions := make([]string, users)
			for u := range users {
				s.workspace.AddUser(emulator.User{Name: someone(u), PAT: "dapi-" + someone(u)})
				sessions[u] = s.begin(t, "dapi-"+someone(u))
			}
			s.workspace.ResetExchanges()
			var all sync.WaitGroup
			for u := range users {
				all.Go(func() {
					for n := range calls {
						want := fmt.Sprintf("%s-%d", someone(u), n)
						body := fmt.Sprintf(`{"jsonrpc":"2.0","id":%d,"method":"tools/call","params":{"name":"echo","arguments":{"text":%q}}}`, n, want)
						status, got, _ := s.call(t, "POST", "dapi-"+someone(u), body, sessions[u],
							"X-Forwarded-Email: "+someone(rand.IntN(users)), "Authorization: Bearer dapi-"+someone(rand.IntN(users)))
						if status != http.StatusOK || !strings.Contains(got, `"text":"`+want+`"`) {
							t.Errorf("%s: %d %s", want, status, got)
						}
					}
				})
			}
			all.Wait()
			seen := 0
			for _, x := range s.workspace.Exchanges() {
				if x.RPCMethod != "tools/call" {
					continue
				}
				seen++
				if !bytes.Contains(x.Upstream.Body, []byte(`"`+x.User+`-`)) {
					t.Errorf("%s is seen to ask: %s", x.User, x.Upstream.Body)
				}
				for _, name := range []string{"X-Forwarded-Access-Token", "X-Forwarded-Email", "Cookie"} {
					if x.Header.Get(name) != "" {
						t.Errorf("%s was passed on", name)
					}
				}
			}
			if seen != users*calls {
				t.Errorf("the workspace saw %d calls, want %d", seen, users*calls)
			}
			if log := s.log.String(); strings.Contains(log, "dapi-") {
				t.Error("a token is in the log")
			}
		})
	}
}

func someone(n int) string { return fmt.Sprintf("u%d@example.com", n) }

// A revoked token is refused at once, whoever its owner was a moment ago.
func TestOldToken(t *testing.T) {
	t.Parallel()
	s := set(t, databricks.Target{Connection: "github"}, nil)
	session := s.begin(t, ada)
	s.workspace.RevokePAT("ada@example.com")
	status, body, _ := s.call(t, "POST", ada, `{"jsonrpc":"2.0","id":2,"method":"tools/list"}`, session)
	if status != http.StatusUnauthorized || !strings.Contains(body, `"id":2`) || !strings.Contains(body, "not_authenticated") {
		t.Errorf("%d %s", status, body)
	}
}

// TestBufferedRoute is about a transport that delivers answers whole, found out
// by the first message.
func TestBufferedRoute(t *testing.T) {
	t.Parallel()
	s := set(t, databricks.Target{Connection: "whole"}, nil)
	s.workspace.AddConnection(emulator.Connection{Name: "whole", MCP: true, Routes: []string{"external-function"}})
	session := s.begin(t, ada)
	last := s.workspace.Exchanges()[len(s.workspace.Exchanges())-1]
	if last.Route != "external-function" || bytes.Contains(last.Upstream.Body, []byte("sampling")) {
		t.Errorf("initialize by %s: %s", last.Route, last.Upstream.Body)
	}
	if status, _, h := s.call(t, "GET", ada, "", session); status != http.StatusMethodNotAllowed || h.Get("Allow") != "POST, DELETE" {
		t.Errorf("GET: %d, Allow %q", status, h.Get("Allow"))
	}

	listen := `{"jsonrpc":"2.0","id":"l","method":"subscriptions/listen","params":{}}`
	resp, err := s.send(t.Context(), "POST", ada, listen)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	lines := bufio.NewScanner(resp.Body)
	for _, want := range []string{`notifications/subscriptions/acknowledged`, `"id":"l","result":{"resultType":"complete"`} {
		for lines.Scan() && !strings.HasPrefix(lines.Text(), "data: ") {
		}
		if !strings.Contains(lines.Text(), want) {
			t.Errorf("%q is not in %q", want, lines.Text())
		}
		go s.end() // the end of the gateway ends the subscription
	}
}
