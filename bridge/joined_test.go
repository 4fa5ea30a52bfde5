package bridge

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"ucbridge/bridge/jsonrpc"
	"ucbridge/bridge/policy"
	"ucbridge/config"
)

// joinedClient is a client of a gateway's /mcp.
type joinedClient struct {
	t       *testing.T
	url     string
	bearer  string
	session string
}

// newJoinedStage is a gateway in front of the connections a, b and u of a workspace.
func newJoinedStage(t *testing.T) (*stage, map[string]*faultyServer, *joinedClient) {
	t.Helper()
	return newJoinedStageUnder(t, config.Rules{})
}

func newJoinedStageUnder(t *testing.T, rules config.Rules) (*stage, map[string]*faultyServer, *joinedClient) {
	t.Helper()
	s, servers := newSeveralStage(t)
	cfg := config.NewGateway()
	cfg.Rules = rules
	return s, servers, newJoinedClient(t, s, cfg)
}

// newJoinedClient is a client of a gateway of its own.
func newJoinedClient(t *testing.T, s *stage, cfg *config.Gateway) *joinedClient {
	t.Helper()
	cfg.Host.Value, cfg.Auth.Value, cfg.Listen.Value = s.cfg.Host.Value, config.AuthLocal, "127.0.0.1:0"
	cfg.Endpoints = s.cfg.Endpoints
	b, err := NewGateway(cfg, policy.ManagedAt("", ""), "0.0.0-test", slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(b.served.Handler())
	t.Cleanup(func() {
		server.CloseClientConnections()
		b.joined.served.Close()
		server.Close()
		for _, g := range b.governors {
			g.Close()
		}
		b.first.Close()
	})
	return &joinedClient{t: t, url: server.URL + joinedPath, bearer: b.Secret()}
}

// request sends a request of HTTP.
func (c *joinedClient) request(ctx context.Context, method, body string, header map[string]string) *http.Response {
	c.t.Helper()
	req, err := http.NewRequestWithContext(ctx, method, c.url, strings.NewReader(body))
	if err != nil {
		c.t.Fatal(err)
	}
	if body == "" {
		req.Body = http.NoBody
	}
	req.Header.Set("Authorization", "Bearer "+c.bearer)
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Accept", "application/json, text/event-stream")
	if c.session != "" {
		req.Header.Set("Mcp-Session-Id", c.session)
	}
	for name, value := range header {
		req.Header.Set(name, value)
	}
	resp, err := (&http.Client{Timeout: patience}).Do(req)
	if err != nil {
		c.t.Fatal(err)
	}
	return resp
}

// ask POSTs a request and returns the response to it.
func (c *joinedClient) ask(method, params string, header map[string]string) jsonrpc.Message {
	c.t.Helper()
	resp := c.request(c.t.Context(), http.MethodPost, fmt.Sprintf(`{"jsonrpc":"2.0","id":1,"method":%q,"params":%s}`, method, params), header)
	defer resp.Body.Close()
	if id := resp.Header.Get("Mcp-Session-Id"); id != "" {
		c.session = id
	}
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		c.t.Fatal(err)
	}
	if at := bytes.LastIndex(raw, []byte("data: ")); at >= 0 {
		raw = bytes.TrimSpace(raw[at+len("data: "):])
	}
	m, err := jsonrpc.Parse(raw)
	if err != nil {
		c.t.Fatalf("%s: HTTP %d %q", method, resp.StatusCode, raw)
	}
	return m
}

func (c *joinedClient) tools(params string, header map[string]string) []string {
	c.t.Helper()
	var names []string
	for _, tool := range jsonrpc.Elements(jsonrpc.Value(c.ask("tools/list", params, header).Result, "tools")) {
		names = append(names, jsonrpc.Text(tool, "name"))
	}
	return names
}

// TestJoined: a gateway serves all its endpoints as one server, with what the caller may
// use.
func TestJoined(t *testing.T) {
	s, servers, c := newJoinedStage(t)
	revoked := connectionTo("b", servers["b"])
	revoked.Users = []string{}
	s.workspace.AddConnection(revoked)
	c.ask("initialize", hello, nil)
	if c.session == "" {
		t.Fatal("no session")
	}
	if resp := c.request(t.Context(), http.MethodPost, `{"jsonrpc":"2.0","method":"notifications/initialized"}`, nil); resp.StatusCode != http.StatusAccepted {
		t.Errorf("a notification: HTTP %d", resp.StatusCode)
	}
	if got := c.tools(`{}`, nil); !slices.Equal(got, []string{"a_write", "u_write", "ucbridge_status"}) {
		t.Errorf("tools %q", got)
	}
	if got := outcome(c.ask("tools/call", `{"name":"a_write","arguments":{"key":"x"}}`, nil)); got != "result" || servers["a"].times("x") != 1 {
		t.Errorf("a call: %s, run %d times", got, servers["a"].times("x"))
	}
	s.workspace.AddConnection(connectionTo("b", servers["b"]))
	c.ask("tools/call", `{"name":"ucbridge_status"}`, nil) // tries again
	until(t, "the tools of what was granted", func() bool { return slices.Contains(c.tools(`{}`, nil), "b_write") })
	other := *c
	other.session = "x"
	if resp := other.request(t.Context(), http.MethodPost, `{"jsonrpc":"2.0","id":1,"method":"ping"}`, nil); resp.StatusCode != http.StatusNotFound {
		t.Errorf("an unknown session: HTTP %d", resp.StatusCode)
	}
	other.bearer = "wrong"
	if resp := other.request(t.Context(), http.MethodPost, `{"jsonrpc":"2.0","id":1,"method":"ping"}`, nil); resp.StatusCode != http.StatusUnauthorized {
		t.Errorf("a caller without the token: HTTP %d", resp.StatusCode)
	}
	if resp := c.request(t.Context(), http.MethodDelete, "", nil); resp.StatusCode != http.StatusNoContent {
		t.Errorf("DELETE: HTTP %d", resp.StatusCode)
	}
	if resp := c.request(t.Context(), http.MethodPost, `{"jsonrpc":"2.0","id":1,"method":"ping"}`, nil); resp.StatusCode != http.StatusNotFound {
		t.Errorf("after DELETE: HTTP %d", resp.StatusCode)
	}
}

// TestJoinedReplicas: where each request goes to the next of three replicas that share a key,
// a session goes on.
func TestJoinedReplicas(t *testing.T) {
	s, servers := newSeveralStage(t)
	key := filepath.Join(t.TempDir(), "key")
	var replicas []*joinedClient
	for range 3 {
		cfg := config.NewGateway()
		cfg.KeyFile.Value = key
		replicas = append(replicas, newJoinedClient(t, s, cfg))
	}
	replicas[0].ask("initialize", hello, nil)
	for i := range 12 {
		c := replicas[i%3]
		c.session = replicas[0].session
		if i < 3 {
			if got := c.tools(`{}`, nil); !slices.Equal(got, []string{"a_write", "b_write", "u_write", "ucbridge_status"}) {
				t.Errorf("replica %d has tools %q", i, got)
			}
		}
		key := fmt.Sprint("call ", i)
		if got := outcome(c.ask("tools/call", `{"name":"b_write","arguments":{"key":"`+key+`"}}`, nil)); got != "result" || servers["b"].times(key) != 1 {
			t.Errorf("%s: %s, run %d times", key, got, servers["b"].times(key))
		}
	}
}

// TestJoinedModern: clients of 2026-07-28 need no session, and may use the same ids.
func TestJoinedModern(t *testing.T) {
	_, servers, c := newJoinedStage(t)
	header := map[string]string{"Mcp-Protocol-Version": "2026-07-28", "Mcp-Method": "tools/list"}
	const meta = `"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientInfo":{"name":"new","version":"1"},"io.modelcontextprotocol/clientCapabilities":{}}`
	if got := c.tools(`{`+meta+`}`, header); !slices.Equal(got, []string{"a_write", "b_write", "u_write", "ucbridge_status"}) {
		t.Fatalf("tools %q", got)
	}
	release := servers["a"].hold("slow")
	slow := make(chan string, 1)
	other := *c
	calls := map[string]string{"Mcp-Protocol-Version": "2026-07-28"}
	go func() {
		defer close(slow)
		slow <- outcome(other.ask("tools/call", `{"name":"a_write","arguments":{"key":"slow"},`+meta+`}`, calls))
	}()
	until(t, "the slow call", func() bool { return servers["a"].times("slow") == 1 })
	if got := outcome(c.ask("tools/call", `{"name":"b_write","arguments":{"key":"fast"},`+meta+`}`, calls)); got != "result" {
		t.Errorf("beside it: %s", got)
	}
	release()
	if got := <-slow; got != "result" {
		t.Errorf("the slow call: %s", got)
	}
	if m := c.ask("tools/call", `{"name":"b_write",`+meta+`}`, header); string(jsonrpc.Value(m.Error, "code")) != "-32020" {
		t.Errorf("a header that says something else: %s", m.Raw)
	}
}

// TestJoinedStream: on the GET stream a client hears of tools that come.
func TestJoinedStream(t *testing.T) {
	s, servers, c := newJoinedStage(t)
	revoked := connectionTo("b", servers["b"])
	revoked.Users = []string{}
	s.workspace.AddConnection(revoked)
	c.ask("initialize", hello, nil)
	c.request(t.Context(), http.MethodPost, `{"jsonrpc":"2.0","method":"notifications/initialized"}`, nil).Body.Close()
	if got := c.tools(`{}`, nil); slices.Contains(got, "b_write") {
		t.Fatalf("tools %q", got)
	}
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, c.url, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+c.bearer)
	req.Header.Set("Accept", "text/event-stream")
	req.Header.Set("Mcp-Session-Id", c.session)
	heard := make(chan string, 100)
	go func() { // the headers come with the first event
		defer close(heard)
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			return
		}
		defer resp.Body.Close()
		for lines := bufio.NewScanner(resp.Body); lines.Scan(); {
			if data, ok := strings.CutPrefix(lines.Text(), "data: "); ok {
				heard <- data
			}
		}
	}()
	s.workspace.AddConnection(connectionTo("b", servers["b"]))
	c.ask("tools/call", `{"name":"ucbridge_status"}`, nil) // tries again
	select {
	case got := <-heard:
		if got != `{"jsonrpc":"2.0","method":"notifications/tools/list_changed"}` {
			t.Errorf("heard %s", got)
		}
	case <-time.After(patience):
		t.Fatal("nothing is heard")
	}
	if got := c.tools(`{}`, nil); !slices.Contains(got, "b_write") {
		t.Errorf("tools %q", got)
	}
}

// TestJoinedQuestion: of two calls of clients of 2026-07-28 that are open at an older
// server, the one on whose stream it asks is answered with the question.
func TestJoinedQuestion(t *testing.T) {
	_, servers, c := newJoinedStage(t)
	const meta = `"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientInfo":{"name":"new","version":"1"},"io.modelcontextprotocol/clientCapabilities":{"elicitation":{}}}`
	header := map[string]string{"Mcp-Protocol-Version": "2026-07-28"}
	c.tools(`{`+meta+`}`, header)
	release := servers["a"].hold("slow")
	slow := make(chan string, 1)
	other := *c
	go func() {
		defer close(slow)
		slow <- outcome(other.ask("tools/call", `{"name":"a_write","arguments":{"key":"slow"},`+meta+`}`, header))
	}()
	until(t, "the slow call", func() bool { return servers["a"].times("slow") == 1 })
	servers["a"].mu.Lock()
	servers["a"].upsets = append(servers["a"].upsets, upset{on: "tools/call", hang: true, raw: "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n" +
		"data: {\"jsonrpc\":\"2.0\",\"id\":\"q\",\"method\":\"elicitation/create\",\"params\":{\"message\":\"delete X?\"}}\n\n"})
	servers["a"].mu.Unlock()
	asked := c.ask("tools/call", `{"name":"a_write","arguments":{"key":"asks"},`+meta+`}`, header)
	if jsonrpc.Text(asked.Result, "inputRequests", "input", "params", "message") != "delete X?" {
		t.Errorf("the call that asks: %s", asked.Raw)
	}
	release()
	if got := <-slow; got != "result" {
		t.Errorf("the other call: %s", got)
	}
}

// TestHiddenToolIsTried: a try of a tool that a policy hides is written down under its plain
// name as it is under its server's, for each server that has it. The client hears no more
// than of a tool that there is not.
func TestHiddenToolIsTried(t *testing.T) {
	given := func(value ...string) config.Value[[]string] {
		return config.Value[[]string]{Value: value, Source: "flag --deny"}
	}
	rulesFor := func(t *testing.T) (config.Rules, string) {
		log := filepath.Join(t.TempDir(), "audit.jsonl")
		return config.Rules{Deny: given("write"), Audit: config.Value[string]{Value: log, Source: "flag --audit"}}, log
	}
	const plain, prefixed, none = `{"name":"write","arguments":{"key":"x"}}`, `{"name":"b_write","arguments":{"key":"x"}}`, `{"name":"nothing"}`
	check := func(t *testing.T, ask func(params string) jsonrpc.Message, log string) {
		t.Helper()
		ask(`{"name":"ucbridge_status"}`)
		answers := []string{string(ask(plain).Error), string(ask(none).Error)}
		if answers[0] == "" || strings.ReplaceAll(answers[0], "write", "nothing") != answers[1] {
			t.Errorf("a hidden tool: %s, none: %s", answers[0], answers[1])
		}
		ask(prefixed)
		rows := make(map[string][]string) // of a connection
		until(t, "the rows", func() bool {
			raw, err := os.ReadFile(log)
			if err != nil {
				return false
			}
			clear(rows)
			for line := range strings.Lines(string(raw)) {
				var row struct{ Connection, Tool, Verdict, Rule, Status, User string }
				if err := json.Unmarshal([]byte(line), &row); err == nil && row.Tool != "" {
					rows[row.Connection] = append(rows[row.Connection], fmt.Sprint(row))
				}
			}
			return len(rows["b"]) >= 2 && len(rows["a"]) >= 1 && len(rows["u"]) >= 1
		})
		if len(rows["a"]) != 1 || len(rows["u"]) != 1 || len(rows["b"]) != 2 || rows["b"][0] != rows["b"][1] || !strings.Contains(rows["b"][0], "deny") {
			t.Errorf("rows %q", rows)
		}
	}
	t.Run("stdio", func(t *testing.T) {
		rules, log := rulesFor(t)
		s, _ := newSeveralStage(t)
		s.cfg.Rules = rules
		c, _ := s.begin()
		c.tools()
		check(t, func(params string) jsonrpc.Message { return c.ask("tools/call", params) }, log)
		c.finish(nil)
	})
	t.Run("serve", func(t *testing.T) {
		rules, log := rulesFor(t)
		_, _, c := newJoinedStageUnder(t, rules)
		c.ask("initialize", hello, nil)
		c.tools(`{}`, nil)
		check(t, func(params string) jsonrpc.Message { return c.ask("tools/call", params, nil) }, log)
	})
}
