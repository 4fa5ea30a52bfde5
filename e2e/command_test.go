package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/modelcontextprotocol/go-sdk/mcp"

	"ucbridge/bridge/emulator"
)

// TestCommands uses ucbridge tools and call with the Go SDK's everything-server, on
// a route with sessions and on a buffered one.
func TestCommands(t *testing.T) {
	t.Parallel()
	upstream := startGoEverything(t)
	want := listGoEverything(t, upstream)
	for _, r := range routes[:2] {
		t.Run(r.name, func(t *testing.T) {
			t.Parallel()
			w := startWorkspace(t, upstream)
			got := runCommand(t, w, r, "tools", "--all", "-o", "json")
			if diff := cmp.Diff(want, decode(t, got)); diff != "" {
				t.Errorf("lists (-direct +bridge):\n%s", diff)
			}
			callForImage(t, w, r)
			runCommand(t, w, r, "call", "test_tool_with_progress")
			runCommand(t, w, r, "call", "test_tool_with_logging")
			checkAudit(t, w, r, "tools/list", "tools/call", "prompts/list", "resources/list", "resources/templates/list")
		})
	}
}

// listGoEverything reads all lists with the Go SDK's own client, without the bridge.
func listGoEverything(t *testing.T, upstream string) map[string]any {
	t.Helper()
	client := mcp.NewClient(&mcp.Implementation{Name: "ucbridge-e2e", Version: "1.0.0"}, nil)
	session := ok(client.Connect(t.Context(), &mcp.StreamableClientTransport{Endpoint: upstream}, nil))(t)
	defer session.Close()
	return decode(t, ok(json.Marshal(map[string]any{
		"tools":             collect(t, session.Tools(t.Context(), nil)),
		"prompts":           collect(t, session.Prompts(t.Context(), nil)),
		"resources":         collect(t, session.Resources(t.Context(), nil)),
		"resourceTemplates": collect(t, session.ResourceTemplates(t.Context(), nil)),
	}))(t))
}

// callForImage calls a tool that answers with text, an image and a resource.
func callForImage(t *testing.T, w *emulator.Workspace, r route) {
	t.Helper()
	dir := t.TempDir()
	got := string(runCommand(t, w, r, "call", "test_multiple_content_types", "--output-dir", dir))
	path := filepath.Join(dir, "test_multiple_content_types-1.png")
	if !strings.Contains(got, "\nsaved: "+path+" (image/png, ") {
		t.Errorf("printed:\n%s", got)
	}
	image := ok(os.ReadFile(path))(t)
	if !bytes.HasPrefix(image, []byte("\x89PNG\r\n")) {
		t.Errorf("the image begins with %q", image[:min(8, len(image))])
	}
}

// TestCallStructured calls a tool of server-everything whose text repeats its
// structured content, with arguments typed by its schema.
func TestCallStructured(t *testing.T) {
	t.Parallel()
	upstream := startEverything(t)
	for _, r := range routes[:2] {
		t.Run(r.name, func(t *testing.T) {
			t.Parallel()
			w := startWorkspace(t, upstream)
			got := decode(t, runCommand(t, w, r, "call", "get-structured-content", "location=New York")) // one value, once
			want := decode(t, runCommand(t, w, r, "call", "get-structured-content", "location=New York", "-o", "json"))
			if diff := cmp.Diff(want["structuredContent"], any(got)); diff != "" {
				t.Errorf("(-raw +printed):\n%s", diff)
			}
			if sum := string(runCommand(t, w, r, "call", "get-sum", "a=2", "b=40.5")); !strings.Contains(sum, "42.5") {
				t.Errorf("sum: %s", sum)
			}
		})
	}
}

// runCommand runs a command of ucbridge on a route through w and returns what it
// printed. It must end well and say nothing on stderr.
func runCommand(t *testing.T, w *emulator.Workspace, r route, args ...string) []byte {
	t.Helper()
	server := bridge(t, w, r)
	cmd := exec.Command(server.Command, append(args, r.args...)...)
	cmd.Env = environ(t, server.Env)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil || stderr.Len() > 0 {
		t.Fatalf("%s: %v\n%s%s", cmd, err, out, &stderr)
	}
	return out
}

// runIn runs a command in a folder to its good end, and returns all that it prints.
func runIn(t *testing.T, dir string, env []string, command ...string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, command[0], command[1:]...)
	cmd.Env, cmd.Dir = env, dir
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%q: %v\n%s", command, err, out)
	}
	return string(out)
}
