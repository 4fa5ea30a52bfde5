package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"maps"
	"os/exec"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ucbridge/bridge/emulator"
)

// The newest revision with a handshake, and the first without.
const (
	legacyRevision = "2025-11-25"
	modernRevision = "2026-07-28"
)

// TestInspectorEras has the MCP inspector, as a client of each era, list and call
// the tools of the Go SDK's everything-server, one that speaks both eras and one
// that knows the handshake only. What the inspector prints must be what it prints
// without the bridge, and each message that reaches the server must be of the era
// that the two agree on.
func TestInspectorEras(t *testing.T) {
	t.Parallel()
	both, legacy := startBothEras(t), startGoEverything(t)
	modernMessages := []string{"modern server/discover", "modern tools/call", "modern tools/list"}
	legacyMessages := []string{"legacy initialize", "legacy logging/setLevel", "legacy notifications/initialized", "legacy tools/call", "legacy tools/list"}
	for _, tt := range []struct {
		name, era, upstream string
		routes              []route
		want                []string
	}{
		{"legacy", "legacy", both, routes[:2], legacyMessages},
		{"auto", "auto", both, routes[:2], modernMessages},
		{"modern", "modern", both, routes, modernMessages},
		{"auto-falls-back", "auto", legacy, routes[:2], append([]string{"modern server/discover"}, legacyMessages...)},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			list := []string{"--method", "tools/list"}
			// In the newer era the server refuses a call of this tool unless a header
			// repeats the argument; an HTTP client has to make it, so the bridge does.
			call := []string{"--method", "tools/call", "--tool-name", "test_x_mcp_header", "--tool-arg", "region=eu", "level=3"}
			wantList := inspectAs(t, tt.era, direct(tt.upstream), list)
			wantCall := inspectAs(t, tt.era, direct(tt.upstream), call)
			if n := len(wantList["tools"].([]any)); n < 20 || wantCall["content"] == nil || wantCall["isError"] != nil {
				t.Fatalf("without the bridge: %d tools, and the call says %v", n, wantCall)
			}
			for _, r := range tt.routes {
				t.Run(r.name, func(t *testing.T) {
					t.Parallel()
					w := startWorkspace(t, tt.upstream)
					server := bridge(t, w, r)
					if diff := cmp.Diff(wantList, inspectAs(t, tt.era, server, list)); diff != "" {
						t.Errorf("tools/list (-direct +bridge):\n%s", diff)
					}
					if diff := cmp.Diff(wantCall, inspectAs(t, tt.era, server, call)); diff != "" {
						t.Errorf("tools/call (-direct +bridge):\n%s", diff)
					}
					want := slices.Clone(tt.want)
					if slices.Contains(want, "modern tools/call") && !r.buffered {
						want = append(want, "modern subscriptions/listen")
					}
					slices.Sort(want)
					if diff := cmp.Diff(want, messagesByEra(t, w, r)); diff != "" {
						t.Errorf("messages at the server (-want +got):\n%s", diff)
					}
				})
			}
		})
	}
}

// TestInspectorRefused has the inspector insist on the newer era before a server that
// does not know it: the server's refusal arrives as it does without the bridge.
func TestInspectorRefused(t *testing.T) {
	t.Parallel()
	upstream := startGoEverything(t)
	want := refusal(t, direct(upstream))
	for _, r := range routes[:2] {
		t.Run(r.name, func(t *testing.T) {
			t.Parallel()
			w := startWorkspace(t, upstream)
			if diff := cmp.Diff(want, refusal(t, bridge(t, w, r))); diff != "" {
				t.Errorf("(-direct +bridge):\n%s", diff)
			}
			if diff := cmp.Diff([]string{"modern server/discover"}, messagesByEra(t, w, r)); diff != "" {
				t.Errorf("messages at the server (-want +got):\n%s", diff)
			}
		})
	}
}

// refusal returns the error, as JSON, with which the inspector ends as a client of
// the newer era.
func refusal(t *testing.T, server mcpServer) map[string]any {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, nodePath(t), inspectorJS, "--cli", "--config", configFile(t, server),
		"--server", "everything", "--protocol-era", "modern", "--method", "tools/list")
	cmd.Env = environ(t, nil)
	var said bytes.Buffer
	cmd.Stderr = &said
	if err := cmd.Run(); err == nil {
		t.Fatal("the inspector got what it wanted")
	}
	lines := bytes.Split(bytes.TrimSpace(said.Bytes()), []byte("\n"))
	return decode(t, lines[len(lines)-1])
}

// messagesByEra closes w and returns the methods that reached the server, each once
// and with its era, in order. Every message must have taken route r.
func messagesByEra(t *testing.T, w *emulator.Workspace, r route) []string {
	t.Helper()
	w.Close() // what is under way is recorded by then
	seen := make(map[string]bool)
	for _, x := range w.Exchanges() {
		if x.RPCMethod == "" {
			continue // no MCP message, or one without a method
		}
		if x.Route != r.name {
			t.Errorf("%s went by %s", x.RPCMethod, x.Route)
		}
		seen[eraOf(t, x)+" "+x.RPCMethod] = true
	}
	return slices.Sorted(maps.Keys(seen))
}

// eraOf tells the era of a message by all that the revisions say of it: where it
// names its revision, which headers it has, and whether it belongs to a session
// (2025-11-25 and 2026-07-28, Transports).
func eraOf(t *testing.T, x emulator.Exchange) string {
	t.Helper()
	var message struct {
		Params struct {
			Version string         `json:"protocolVersion"`
			Meta    map[string]any `json:"_meta"`
		} `json:"params"`
	}
	if err := json.Unmarshal(x.Upstream.Body, &message); err != nil {
		t.Fatal(err)
	}
	own, inHeader := message.Params.Meta["io.modelcontextprotocol/protocolVersion"], x.Upstream.Header.Get("Mcp-Protocol-Version")
	method, session := x.Upstream.Header.Get("Mcp-Method"), x.Upstream.Header.Get("Mcp-Session-Id")
	switch {
	case own == modernRevision && inHeader == modernRevision && method == x.RPCMethod && session == "":
		return "modern"
	case own != nil || method != "":
		return "mixed"
	case x.RPCMethod == "initialize" && message.Params.Version == legacyRevision && inHeader == "" && session == "":
		return "legacy"
	case x.RPCMethod != "initialize" && inHeader == legacyRevision:
		return "legacy"
	}
	return "unknown"
}
