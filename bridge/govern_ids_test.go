package bridge

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"ucbridge/bridge/emulator"
	"ucbridge/config"
)

// TestRefusedLinesKeepNoIDs: under a policy, the ids of a batch that was refused can be
// used again, and a line that was refused does not take the answer of the call whose id
// it has.
func TestRefusedLinesKeepNoIDs(t *testing.T) {
	t.Parallel()
	workspace.AddConnection(emulator.Connection{Name: "ids", MCP: true})
	file := filepath.Join(t.TempDir(), "policy.yaml")
	if err := os.WriteFile(file, []byte("tools: {deny: [create_*]}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	cfg := config.New()
	cfg.Connection.Value, cfg.Route.Value, cfg.CacheDir.Value, cfg.Policy.Value = "ids", "proxy", t.TempDir(), file
	near := startWith(t, cfg)
	defer near.close()
	near.send(`{"jsonrpc":"2.0","id":"hello","method":"initialize","params":{"protocolVersion":"2025-06-18","capabilities":{},"clientInfo":{"name":"t","version":"1"}}}`)
	near.next()
	near.send(`{"jsonrpc":"2.0","method":"notifications/initialized"}`)
	near.send(`[{"jsonrpc":"2.0","id":5,"method":"ping"},{"jsonrpc":"2.0","id":6,"method":"ping"}]`)
	if got := near.next(); !strings.Contains(got, "batch_not_allowed") {
		t.Errorf("the batch: %s", got)
	}
	for _, id := range []string{"5", "6"} {
		near.send(`{"jsonrpc":"2.0","id":` + id + `,"method":"ping"}`)
		if got := near.next(); !strings.Contains(got, `"result"`) {
			t.Errorf("id %s again: %s", id, got)
		}
	}
	near.send(`{"jsonrpc":"2.0","id":9,"method":"tools/call","params":{"name":"echo","arguments":{"text":"heard"}}}`)
	near.send(`{"jsonrpc":"2.0","id":9,"method":"x","method":"y"}`)
	both := near.next() + near.next()
	if !strings.Contains(both, "heard") || !strings.Contains(both, "invalid_request") {
		t.Errorf("the client heard %s", both)
	}
}
