package e2e

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/jsonschema-go/jsonschema"
	"github.com/modelcontextprotocol/go-sdk/mcp"

	"ucbridge/bridge/emulator"
)

// mcpbJS is the official tool for MCPB bundles.
var mcpbJS = filepath.Join("node_modules", "@anthropic-ai", "mcpb", "dist", "cli", "cli.js")

// testBundle has the official tool read the bundle, and uses the server in it as a
// client starts it, with all that a user may leave empty filled in or not.
func testBundle(t *testing.T, p packed) {
	dir := t.TempDir()
	runNode(t, mcpbJS, "unpack", p.file(".mcpb"), dir)
	runNode(t, mcpbJS, "validate", filepath.Join(dir, "manifest.json"))

	w := ok(emulator.Start(emulator.Options{}))(t)
	t.Cleanup(func() { w.Close() })
	w.AddConnection(emulator.Connection{Name: "sample", MCP: true})
	w.AddService(emulator.Service{Name: "main.tools.sample", Connection: "sample"})
	profiles := filepath.Join(t.TempDir(), ".databrickscfg")
	writeProfiles(t, profiles, w.URL())
	tests := map[string]struct {
		settings map[string]any
		token    string   // in the environment of the client
		user     string   // who calls
		to       []string // the servers that are listed
		sent     string   // in each call
	}{
		"connection alone":      {map[string]any{"connection": "sample"}, "", "ada@example.com", []string{"sample"}, "echo"},
		"service":               {map[string]any{"mcp_service": "main.tools.sample", "all_servers": false}, "", "ada@example.com", []string{"main.tools.sample"}, "echo"},
		"all_servers":           {map[string]any{"all_servers": true, "connection": ""}, "", "ada@example.com", []string{"github", "main.tools.sample", "sample", "system.ai.github"}, "echo"},
		"meta":                  {map[string]any{"connection": "sample", "meta": "warehouse_id=0123"}, "", "ada@example.com", []string{"sample"}, `"warehouse_id":"0123"`},
		"profile":               {map[string]any{"connection": "sample", "profile": "work", "host": ""}, "", "bob@example.com", []string{"sample"}, "echo"},
		"profile and workspace": {map[string]any{"connection": "sample", "profile": "work", "host": w.URL()}, "", "bob@example.com", []string{"sample"}, "echo"},
		"workspace":             {map[string]any{"connection": "sample", "profile": "", "host": w.URL()}, "dapi-demo-ada", "ada@example.com", []string{"sample"}, "echo"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			var server mcpServer
			settings := string(ok(json.Marshal(test.settings))(t))
			if err := json.Unmarshal(runNode(t, "mcpbconfig.mjs", dir, settings), &server); err != nil {
				t.Fatal(err)
			}
			server.Env["DATABRICKS_CONFIG_FILE"] = profiles
			server.Env["DATABRICKS_TOKEN"] = test.token
			server.Env["UCBRIDGE_CACHE_DIR"] = t.TempDir()
			before := len(w.Exchanges())
			useTools(t, server)
			var listed []string
			sent := false
			for _, x := range w.Exchanges()[before:] {
				if x.RPCMethod == "tools/list" && x.User == test.user && !slices.Contains(listed, x.Connection) {
					listed = append(listed, x.Connection)
				}
				sent = sent || x.RPCMethod == "tools/call" && bytes.Contains(x.Body, []byte(test.sent))
			}
			slices.Sort(listed)
			if diff := cmp.Diff(slices.Sorted(slices.Values(test.to)), listed); diff != "" || !sent {
				t.Errorf("servers that %s has listed (-want +got):\n%s\na call with %s: %v", test.user, diff, test.sent, sent)
			}
		})
	}
}

// writeProfiles writes those of two users of a workspace.
func writeProfiles(t *testing.T, file, host string) {
	t.Helper()
	text := fmt.Sprintf("[DEFAULT]\nhost = %s\ntoken = dapi-demo-ada\n[work]\nhost = %[1]s\ntoken = dapi-demo-bob\n", host)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// useTools starts a server as a client does, lists its tools and calls one that echoes.
func useTools(t *testing.T, server mcpServer) {
	t.Helper()
	client := mcp.NewClient(&mcp.Implementation{Name: "bundle-test", Version: "1"}, nil)
	session := ok(client.Connect(t.Context(), &mcp.CommandTransport{Command: server.command(t)}, nil))(t)
	defer session.Close()
	for _, tool := range ok(session.ListTools(t.Context(), nil))(t).Tools {
		if !strings.HasSuffix(tool.Name, "echo") {
			continue
		}
		if result := ok(session.CallTool(t.Context(), &mcp.CallToolParams{Name: tool.Name, Arguments: map[string]any{"text": "hello"}}))(t); result.IsError {
			t.Errorf("%s fails: %v", tool.Name, result.Content)
		}
		return
	}
	t.Error("there is no tool that echoes: the server was not reached")
}

// registryModule holds the schemas of the MCP registry, with which it checks what
// is published.
const registryModule = "github.com/modelcontextprotocol/registry@v1.8.8"

// testRegistryEntry checks server.json against the registry's schema, and the
// checksums that clients compare.
func testRegistryEntry(t *testing.T, p packed) {
	var module struct{ Dir string }
	if err := json.Unmarshal(ok(exec.Command("go", "mod", "download", "-json", registryModule).Output())(t), &module); err != nil {
		t.Fatal(err)
	}
	var schema jsonschema.Schema
	text := ok(os.ReadFile(filepath.Join(module.Dir, "internal", "validators", "schemas", "2025-12-11.json")))(t)
	if err := json.Unmarshal(text, &schema); err != nil {
		t.Fatal(err)
	}
	validator := ok(schema.Resolve(nil))(t)

	entry := decode(t, ok(os.ReadFile(p.file("server.json")))(t))
	if err := validator.Validate(entry); err != nil {
		t.Errorf("server.json is not valid: %v", err)
	}
	if entry["$schema"] != schema.ID {
		t.Errorf("server.json keeps to %v, want %s", entry["$schema"], schema.ID)
	}
	packages := entry["packages"].([]any)
	if len(packages) != 1 {
		t.Errorf("there are %d packages, want that of this platform", len(packages))
	}
	for _, each := range packages {
		bundle := each.(map[string]any)
		name := filepath.Base(bundle["identifier"].(string))
		if got := sha256Of(t, p.file(name)); got != bundle["fileSha256"] {
			t.Errorf("%s has the checksum %s, server.json says %v", name, got, bundle["fileSha256"])
		}
	}

	entry["description"] = strings.Repeat("long", 30)
	if validator.Validate(entry) == nil {
		t.Error("the schema lets everything pass")
	}
}

// sha256Of is the checksum of a file, in hexadecimal digits.
func sha256Of(t *testing.T, path string) string {
	t.Helper()
	sum := sha256.Sum256(ok(os.ReadFile(path))(t))
	return hex.EncodeToString(sum[:])
}
