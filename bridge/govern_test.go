package bridge

import (
	"bytes"
	"crypto/rand"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"ucbridge/bridge/emulator"
	"ucbridge/bridge/jsonrpc"
	"ucbridge/config"
)

// denied are calls to create_issue, in forms that a careless server might run. What
// each of them is, package govern tells; here they go through the door, over each
// route, to a server that counts what it runs.
var denied = []string{
	`{"jsonrpc":"2.0","id":0,"method":"tools/call","params":{"name":"create_issue","arguments":{"owner":"octo","repo":"hello-mcp","title":"x"}}}`,
	`{"jsonrpc":"2.0","id":"","method":"tools/call","params":{"name":"create_issue","arguments":{"owner":"octo","repo":"hello-mcp","title":"x"}}}`,
	`{"jsonrpc":"2.0","id":2,"method":"tools\/call","params":{"n\u0061me":"create\u005fissue","arguments":{"owner":"octo","repo":"hello-mcp","title":"x"}}}`,
	`{"jsonrpc":"2.0","id":3,"Method":"tools/call","method":"ping","params":{"name":"create_issue","arguments":{"owner":"octo","repo":"hello-mcp","title":"x"}}}`,
	`{"jsonrpc":"2.0","id":4,"method":"tools/call","params":{"name":"echo","Name":"create_issue","arguments":{"owner":"octo","repo":"hello-mcp","title":"x","text":"x"}}}`,
	`{"jsonrpc":"2.0","id":5,"method":"tools/call","params":{"NAME":"create_issue","arguments":{"owner":"octo","repo":"hello-mcp","title":"x"}}}`,
	`{"jsonrpc":"2.0","id":6,"method":"tools/call","params":{"name":"echo","name":"create_issue","arguments":{"owner":"octo","repo":"hello-mcp","title":"x"}}}`,
	`{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"echo"},"param\u017f":{"name":"create_issue","arguments":{"owner":"octo","repo":"hello-mcp","title":"x"}}}`,
	`{"jsonrpc":"2.0","id":8,"method":"tools/call","params":{"name":"create_issue","task":{"ttl":60000},"arguments":{"owner":"octo","repo":"hello-mcp","title":"x"}}}`,
	`{"jsonrpc":"2.0","id":9,"method":"tools/call","params":{"name":"create_issue","arguments":{"owner":"octo","repo":"hello-mcp","title":"x"},"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{},"io.modelcontextprotocol/clientInfo":{"name":"t","version":"1"}}}}`,
	`{"jsonrpc":"2.0","id":10,"method":"tools/call","params":{"name":"echo","Name":"create_issue","arguments":{"owner":"octo","repo":"hello-mcp","title":"x"},"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{},"io.modelcontextprotocol/clientInfo":{"name":"t","version":"1"}}}}`,
	`{"jsonrpc":"2.0","method":"tools/call","params":{"name":"create_issue","arguments":{"owner":"octo","repo":"hello-mcp","title":"x"}}}`,
	`[{"jsonrpc":"2.0","id":11,"method":"ping"},{"jsonrpc":"2.0","id":12,"method":"tools/call","params":{"name":"create_issue","arguments":{"owner":"octo","repo":"hello-mcp","title":"x"}}}]`,
	`{"jsonrpc":"2.0","id":13,"result":{},"Method":"tools/call","params":{"name":"create_issue","arguments":{"owner":"octo","repo":"hello-mcp","title":"x"}}}`,
}

// TestDeniedCallsDoNotArrive plays every denied call, each behind its own handshake
// in the revision that has batches, and looks at the server.
func TestDeniedCallsDoNotArrive(t *testing.T) {
	t.Parallel()
	connection := "denied-" + strings.ToLower(rand.Text()) // one for each run, whose calls are counted
	workspace.AddConnection(emulator.Connection{Name: connection, MCP: true})
	policy := filepath.Join(t.TempDir(), "policy.yaml")
	if err := os.WriteFile(policy, []byte("tools: {deny: [create_*]}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, route := range []string{"proxy", "external-function"} {
		cfg := config.New()
		cfg.Connection.Value, cfg.Route.Value, cfg.CacheDir.Value, cfg.Policy.Value = connection, route, t.TempDir(), policy
		near := startWith(t, cfg)
		near.send(`{"jsonrpc":"2.0","id":"hello","method":"initialize","params":{"protocolVersion":"2025-03-26","capabilities":{},"clientInfo":{"name":"t","version":"1"}}}`)
		near.send(`{"jsonrpc":"2.0","method":"notifications/initialized"}`)
		for _, line := range denied {
			near.send(line)
		}
		near.send(`{"jsonrpc":"2.0","id":"last","method":"tools/call","params":{"name":"echo","arguments":{"text":"over"}}}`)
		for line := ""; !strings.Contains(line, `"id":"last"`); {
			line = near.next()
		}
		near.close()
	}
	if n := workspace.Executions("create_issue"); n != 0 { // no other test calls it
		t.Errorf("create_issue ran %d times", n)
	}
	calls := 0
	for _, x := range workspace.Exchanges() {
		m, err := jsonrpc.Parse(x.Upstream.Body)
		if x.Connection != connection || err != nil || m.Method == "initialize" || m.Method == "tools/list" || m.Method == "notifications/initialized" {
			continue
		}
		if calls++; jsonrpc.Text(m.Params, "name") != "echo" || bytes.Contains(x.Upstream.Body, []byte("octo")) {
			t.Errorf("reached the server: %s", x.Upstream.Body)
		}
	}
	if calls != 2 {
		t.Errorf("%d calls reached the server, want one on each route", calls)
	}
}

// TestUserIsAskedAtTheDoor: the question of the bridge's own goes out on stdout, its
// answer goes no further, also where the server itself could not ask.
func TestUserIsAskedAtTheDoor(t *testing.T) {
	t.Parallel()
	workspace.AddConnection(emulator.Connection{Name: "asked", MCP: true})
	policy := filepath.Join(t.TempDir(), "policy.yaml")
	if err := os.WriteFile(policy, []byte("tools: {confirm: [echo]}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, route := range []string{"proxy", "external-function"} {
		cfg := config.New()
		cfg.Connection.Value, cfg.Route.Value, cfg.CacheDir.Value, cfg.Policy.Value = "asked", route, t.TempDir(), policy
		near := startWith(t, cfg)
		near.send(`{"jsonrpc":"2.0","id":"hello","method":"initialize","params":{"protocolVersion":"2025-06-18","capabilities":{"elicitation":{}},"clientInfo":{"name":"t","version":"1"}}}`)
		near.next()
		near.send(`{"jsonrpc":"2.0","method":"notifications/initialized"}`)
		for answer, want := range map[string]string{"true": `"text":"over"`, "false": "did not agree"} {
			near.send(`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"echo","arguments":{"text":"over"}}}`)
			question, err := jsonrpc.Parse([]byte(near.next()))
			if err != nil || question.Method != "elicitation/create" {
				t.Fatalf("%s: %s, %v", route, question.Raw, err)
			}
			near.send(`{"jsonrpc":"2.0","id":` + string(question.ID) + `,"result":{"action":"accept","content":{"ucbridge_confirm":` + answer + `}}}`)
			if heard := near.next(); !strings.Contains(heard, want) {
				t.Errorf("%s: %s", route, heard)
			}
		}
		near.close()
	}
	for _, x := range workspace.Exchanges() {
		if x.Connection == "asked" && bytes.Contains(x.Upstream.Body, []byte("ucbridge_confirm")) {
			t.Errorf("the answer reached the server: %s", x.Upstream.Body)
		}
	}
}
