package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// Scripts of the packages, from this folder.
var (
	everythingJS = filepath.Join("node_modules", "@modelcontextprotocol", "server-everything", "dist", "index.js")
	inspectorJS  = filepath.Join("node_modules", "@modelcontextprotocol", "inspector", "clients", "launcher", "build", "index.js")
)

// nodePath returns where Node is. Without Node the test is skipped, but fails in
// CI, as it does anywhere without the packages.
func nodePath(t *testing.T) string {
	t.Helper()
	path, err := exec.LookPath("node")
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("Node is not installed, and CI must have it")
		}
		t.Skip("Node is not installed")
	}
	if _, err := os.Stat(everythingJS); err != nil {
		t.Fatalf("%v: run npm ci in e2e", err)
	}
	return path
}

// runNode runs a script to its end and returns what it printed on stdout.
func runNode(t *testing.T, script string, args ...string) []byte {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, nodePath(t), append([]string{script}, args...)...)
	cmd.Env = environ(t, nil)
	cmd.WaitDelay = 5 * time.Second // for a child that outlives it
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		t.Fatalf("%s: %v\nstdout:\n%s\nstderr:\n%s", cmd, err, &stdout, &stderr)
	}
	return stdout.Bytes()
}

// environ returns an environment that holds nothing of the user's but PATH, and
// what is in extra. Claude Code gives servers 30 seconds in it, and only some before it
// asks its model, unless it is told otherwise: on a busy machine some take longer.
func environ(t *testing.T, extra map[string]string) []string {
	t.Helper()
	wait := fmt.Sprint(patience.Milliseconds())
	env := []string{"PATH=" + os.Getenv("PATH"), "HOME=" + t.TempDir(), "MCP_TIMEOUT=" + wait, "CLAUDE_CODE_MCP_STARTUP_WAIT_MS=" + wait}
	for name, value := range extra {
		env = append(env, name+"="+value)
	}
	return env
}

// mcpServer is an entry of the configuration that AI clients read: a program to
// start, or a URL.
type mcpServer struct {
	Command string            `json:"command,omitempty"`
	Args    []string          `json:"args,omitempty"`
	Env     map[string]string `json:"env,omitempty"`
	Type    string            `json:"type,omitempty"`
	URL     string            `json:"url,omitempty"`
	Headers map[string]string `json:"headers,omitempty"`
}

// direct is the entry of a server reached without the bridge.
func direct(url string) mcpServer { return mcpServer{Type: "streamable-http", URL: url} }

// configFile writes a client's configuration with one server, named "everything".
func configFile(t *testing.T, server mcpServer) string {
	t.Helper()
	raw, err := json.Marshal(map[string]any{"mcpServers": map[string]mcpServer{"everything": server}})
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "mcp.json")
	if err := os.WriteFile(path, raw, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// decode returns JSON as maps and slices, for comparison.
func decode(t *testing.T, raw []byte) map[string]any {
	t.Helper()
	var v map[string]any
	if err := json.Unmarshal(raw, &v); err != nil {
		t.Fatalf("%v in:\n%s", err, raw)
	}
	return v
}
