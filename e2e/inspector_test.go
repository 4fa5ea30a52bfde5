package e2e

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ucbridge/bridge/emulator"
)

// TestInspector has the MCP inspector list and call tools of server-everything,
// over each transport, on each route and directly.
func TestInspector(t *testing.T) {
	t.Parallel()
	everything := startEverything(t)
	list := []string{"--method", "tools/list"}
	call := []string{"--method", "tools/call", "--tool-name", "get-sum", "--tool-arg", "a=2", "b=40"}
	wantList, wantCall := inspect(t, direct(everything), list), inspect(t, direct(everything), call)
	if n := len(wantList["tools"].([]any)); n < 10 {
		t.Fatalf("the server lists %d tools", n)
	}
	overTransports(t, func(t *testing.T, r route, open func(*emulator.Workspace) mcpServer) {
		w := startWorkspace(t, everything)
		server := open(w)
		want := wantList
		if r.buffered {
			want = withoutTool(want, "get-roots-list") // offered to clients with roots
		}
		if diff := cmp.Diff(want, inspect(t, server, list)); diff != "" {
			t.Errorf("tools/list (-direct +bridge):\n%s", diff)
		}
		if diff := cmp.Diff(wantCall, inspect(t, server, call)); diff != "" {
			t.Errorf("tools/call (-direct +bridge):\n%s", diff)
		}
		checkAudit(t, w, r, "tools/list", "tools/call")
		if r.transport == "stdio" { // over HTTP the inspector leaves its session behind
			checkAudit(t, w, r, "DELETE")
		}
	})
}

// inspect runs the inspector once. It asks for the newest revision first, and
// falls back, as current clients do.
func inspect(t *testing.T, server mcpServer, request []string) map[string]any {
	t.Helper()
	return inspectAs(t, "auto", server, request)
}

// inspectAs runs the inspector once as a client of an era: legacy, modern, or auto
// for one that asks for the newest revision and falls back.
func inspectAs(t *testing.T, era string, server mcpServer, request []string) map[string]any {
	t.Helper()
	args := []string{"--cli", "--config", configFile(t, server), "--server", "everything", "--protocol-era", era}
	return decode(t, runNode(t, inspectorJS, append(args, request...)...))
}

// withoutTool returns a tools/list result without the tool of that name.
func withoutTool(list map[string]any, name string) map[string]any {
	tools := slices.DeleteFunc(slices.Clone(list["tools"].([]any)), func(tool any) bool {
		return tool.(map[string]any)["name"] == name
	})
	return map[string]any{"tools": tools}
}
