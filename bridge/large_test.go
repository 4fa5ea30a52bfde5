package bridge

import (
	"crypto/sha256"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"ucbridge/bridge/emulator"
	"ucbridge/bridge/jsonrpc"
	"ucbridge/config"
)

// TestLargeAnswersInFlight has many large answers under way at once, of a known length, of
// none, and in events, of one server and of two. Each comes as it was sent, though the memory
// of one serves another.
func TestLargeAnswersInFlight(t *testing.T) {
	t.Parallel()
	const calls, atOnce = 96, 8
	text := func(id string) string {
		var seed [1]byte
		fmt.Sscan(id, &seed[0])
		return strings.Repeat(fmt.Sprintf("%x", sha256.Sum256(seed[:])), 4<<10+int(seed[0])*150)
	}
	upstream := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		m, _ := jsonrpc.Parse(body) // GET has no body
		between := ""
		if m.ID != nil && m.ID[len(m.ID)-1]%2 == 0 && m.ID[len(m.ID)-1]%3 != 0 { // not in an event
			between = "\r\n  "
		}
		answer := fmt.Sprintf(`{"jsonrpc":"2.0","id":%s,%s"result":{"content":[{"type":"text","text":"%s"}]}}`, m.ID, between, text(string(m.ID)))
		w.Header().Set("Content-Type", "application/json")
		switch {
		case !m.IsRequest():
			w.WriteHeader(http.StatusAccepted)
		case m.Method == "initialize":
			fmt.Fprintf(w, `{"jsonrpc":"2.0","id":%s,"result":{"protocolVersion":"2025-11-25","capabilities":{"tools":{}}}}`, m.ID)
		case m.Method == "tools/list":
			fmt.Fprintf(w, `{"jsonrpc":"2.0","id":%s,"result":{"tools":[{"name":"x","inputSchema":{"type":"object"}}]}}`, m.ID)
		case m.ID[len(m.ID)-1]%3 == 0:
			w.Header().Set("Content-Type", "text/event-stream")
			fmt.Fprintf(w, "data: %s\n\n", answer)
		case m.ID[len(m.ID)-1]%3 == 1:
			w.Header().Set("Content-Length", fmt.Sprint(len(answer)))
			fallthrough
		default:
			fmt.Fprint(w, answer)
		}
	}))
	t.Cleanup(upstream.Close)
	for _, name := range []string{"large", "larger"} {
		workspace.AddConnection(emulator.Connection{Name: name, Upstream: upstream.URL, MCP: true})
	}
	policy := filepath.Join(t.TempDir(), "policy.yaml")
	if err := os.WriteFile(policy, []byte("tools: {deny: [create_*]}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, policy := range map[string]string{"plain": "", "governed": policy} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg := config.New()
			cfg.Connection.Value, cfg.Route.Value, cfg.CacheDir.Value, cfg.Policy.Value = "large", "proxy", t.TempDir(), policy
			readLarge(t, startWith(t, cfg), calls, atOnce, []string{"x"}, text)
		})
	}
	t.Run("several", func(t *testing.T) {
		t.Parallel()
		cfg := config.New()
		cfg.CacheDir.Value = t.TempDir()
		for _, name := range []string{"large", "larger"} {
			cfg.Endpoints = append(cfg.Endpoints, config.Endpoint{Connection: name, Route: "proxy"})
		}
		readLarge(t, startWith(t, cfg), calls, atOnce, []string{"large_x", "larger_x"}, text)
	})
}

// readLarge makes calls of the tools by turns, so many at once, and compares the text of each
// answer.
func readLarge(t *testing.T, near *nearEnd, calls, atOnce int, tools []string, text func(id string) string) {
	t.Helper()
	defer near.close()
	near.send(`{"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{}}}`)
	near.next()
	near.send(`{"jsonrpc":"2.0","method":"notifications/initialized"}`)
	for sent, got := 0, 0; got < calls; {
		if sent < min(calls, got+atOnce) {
			sent++
			near.send(fmt.Sprintf(`{"jsonrpc":"2.0","id":%d,"method":"tools/call","params":{"name":%q}}`, sent, tools[sent/2%len(tools)]))
			continue
		}
		m, err := jsonrpc.Parse([]byte(near.next()))
		if err != nil {
			t.Fatal(err)
		}
		if jsonrpc.Text(jsonrpc.Elements(m.OutcomeField("content"))[0], "text") != text(string(m.ID)) {
			t.Errorf("answer %s came otherwise than it was sent: %.300s", m.ID, m.Raw)
		}
		got++
	}
}
