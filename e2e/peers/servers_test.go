//go:build linux

package peers

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"text/tabwriter"
	"time"

	"github.com/google/go-cmp/cmp"

	"ucbridge/bridge/emulator"
	"ucbridge/bridge/loopbacktest"
)

// patience bounds what is done with one peer. It is long because it only matters
// when something is broken.
const patience = 10 * time.Minute

// revision is the one of MCP that the driver speaks.
const revision = "2025-11-25"

// credential is what every server is shown: some do other things with one.
const credential = "upstream-secret"

// server is an MCP server of another maker.
type server struct {
	name  string
	needs string // a pattern below node_modules
	// command starts it on a port of loopback.
	command func(t *testing.T, port string) *exec.Cmd
	host    string // "localhost" where it takes no other name; 127.0.0.1 otherwise
	calls   []toolCall
}

// toolCall is one whose answer is the same each time, error or not.
type toolCall struct{ tool, arguments string }

// unknown is a call that each server refuses in its own words.
var unknown = toolCall{"no_such_tool", "{}"}

var servers = []server{
	{
		name: "server-everything", needs: "@modelcontextprotocol/server-everything",
		command: func(t *testing.T, port string) *exec.Cmd {
			cmd := node(t, "--require", "../loopback.cjs", native(t, "@modelcontextprotocol/server-everything/dist/index.js"), "streamableHttp")
			cmd.Env = append(cmd.Env, "PORT="+port)
			return cmd
		},
		calls: []toolCall{{"echo", `{"message":"grüße \ud83d\ude00"}`}, {"get-sum", `{"a":2,"b":40.5}`}, {"get-sum", `{}`}, {"get-tiny-image", `{}`}},
	},
	{
		name: "playwright", needs: "@playwright/mcp", host: "localhost",
		command: func(t *testing.T, port string) *exec.Cmd {
			return node(t, native(t, "@playwright/mcp/cli.js"), "--port", port)
		},
	},
	{
		name: "mongodb", needs: "mongodb-mcp-server",
		command: func(t *testing.T, port string) *exec.Cmd {
			return node(t, native(t, ".bin/mongodb-mcp-server"), "--transport", "http", "--httpHost", "127.0.0.1", "--httpPort", port, "--telemetry", "disabled")
		},
		calls: []toolCall{{"list-databases", `{}`}},
	},
	{
		name: "context7", needs: "@upstash/context7-mcp",
		command: func(t *testing.T, port string) *exec.Cmd {
			return node(t, native(t, ".bin/context7-mcp"), "--transport", "http", "--port", port)
		},
		calls: []toolCall{{"resolve-library-id", `{}`}},
	},
	{
		name: "kubernetes", needs: "kubernetes-mcp-server-linux-amd64",
		command: func(t *testing.T, port string) *exec.Cmd {
			kubeconfig := filepath.Join(t.TempDir(), "kubeconfig")
			writeFile(t, kubeconfig, `{"apiVersion":"v1","kind":"Config","current-context":"c","clusters":[{"name":"c","cluster":{"server":"http://127.0.0.1:9"}}],`+
				`"contexts":[{"name":"c","context":{"cluster":"c","user":"u"}}],"users":[{"name":"u","user":{"token":"x"}}]}`)
			return run(t, native(t, "kubernetes-mcp-server-linux-amd64/bin/kubernetes-mcp-server-*"), "--port", port, "--kubeconfig", kubeconfig)
		},
		calls: []toolCall{{"configuration_view", `{}`}, {"pods_list", `{}`}},
	},
	{
		name: "toolbox", needs: "@toolbox-sdk/server-linux-x64",
		command: func(t *testing.T, port string) *exec.Cmd {
			config := filepath.Join(t.TempDir(), "tools.yaml")
			writeFile(t, config, "kind: source\nname: file\ntype: sqlite\ndatabase: "+filepath.Join(t.TempDir(), "db")+"\n---\nkind: tool\nname: add\n"+
				"type: sqlite-sql\nsource: file\ndescription: Adds.\nstatement: SELECT ? + ? AS sum\nparameters:\n"+
				"  - {name: a, type: integer, description: first}\n  - {name: b, type: integer, description: second}\n")
			return run(t, native(t, "@toolbox-sdk/server-linux-x64/bin/toolbox"), "--config", config, "--port", port)
		},
		calls: []toolCall{{"add", `{"a":2,"b":40}`}, {"add", `{"a":"x"}`}},
	},
	{
		name: "fastmcp", needs: "fastmcp", command: func(t *testing.T, port string) *exec.Cmd { return node(t, "fastmcp.mjs", port) },
		calls: []toolCall{{"add", `{"a":2,"b":40.5}`}, {"add", `{"a":"x"}`}, {"fail", `{}`}},
	},
	{
		name: "mcp-framework", needs: "mcp-framework", command: func(t *testing.T, port string) *exec.Cmd { return node(t, "mcpframework.mjs", port) },
		calls: []toolCall{{"add", `{"a":2,"b":40.5}`}, {"add", `{"a":"x"}`}},
	},
}

// row is what was seen of a server by one connection.
type row struct {
	server, way string
	counts      map[string]int
	calls       int
	answers     []string // in the order of the requests
}

// TestServers compares what each server says through ucbridge with what it says
// without, to the byte, and prints a table.
func TestServers(t *testing.T) {
	var mu sync.Mutex
	var rows []string
	t.Cleanup(func() {
		slices.Sort(rows)
		var table strings.Builder
		w := tabwriter.NewWriter(&table, 0, 0, 2, ' ', 0)
		fmt.Fprint(w, "server\tway\ttools\tprompts\tresources\ttemplates\tcalls\tanswers equal\n"+strings.Join(rows, ""))
		w.Flush()
		t.Log("\n" + table.String())
	})
	for _, s := range servers {
		t.Run(s.name, func(t *testing.T) {
			if _, ok := find(s.needs); !ok {
				missing(t)
			}
			t.Parallel()
			upstream := s.start(t)
			want := s.talk(t, "direct", &direct{url: upstream})
			lines := []string{want.line(want)}
			for _, route := range []string{"proxy", "external-function"} {
				got := s.talk(t, route, throughBridge(t, upstream, route))
				lines = append(lines, got.line(want))
				if diff := cmp.Diff(want.answers, got.answers); diff != "" {
					t.Errorf("%s (-direct +bridge):\n%s", route, diff)
				}
			}
			mu.Lock()
			defer mu.Unlock()
			rows = append(rows, lines...)
		})
	}
}

func (r row) line(want row) string {
	equal := 0
	for i := range min(len(r.answers), len(want.answers)) {
		if r.answers[i] == want.answers[i] {
			equal++
		}
	}
	return fmt.Sprintf("%s\t%s\t%d\t%d\t%d\t%d\t%d\t%d of %d\n", r.server, r.way, r.counts["tools"], r.counts["prompts"],
		r.counts["resources"], r.counts["resourceTemplates"], r.calls, equal, len(want.answers))
}

// talk makes the same requests of every server: the handshake, all pages of all
// lists that it declares, its calls, and one of a tool that it does not have.
func (s server) talk(t *testing.T, way string, c connection) row {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	seen := row{server: s.name, way: way, counts: make(map[string]int)}
	ask := func(method, params string) []byte {
		answer, err := c.call(ctx, method, params)
		if err != nil {
			t.Fatalf("%s, %s: %v", way, method, err)
		}
		seen.answers = append(seen.answers, method+" "+string(answer))
		return answer
	}
	hello := ask("initialize", `{"protocolVersion":"`+revision+`","capabilities":{},"clientInfo":{"name":"ucbridge-peers","version":"1.0.0"}}`)
	if err := c.notify(ctx, "notifications/initialized"); err != nil {
		t.Fatalf("%s: %v", way, err)
	}
	var declared struct {
		Result struct{ Capabilities map[string]any }
	}
	if err := json.Unmarshal(hello, &declared); err != nil {
		t.Fatalf("%s: %v in %s", way, err, hello)
	}
	for _, list := range []struct{ capability, method, member string }{
		{"tools", "tools/list", "tools"}, {"prompts", "prompts/list", "prompts"},
		{"resources", "resources/list", "resources"}, {"resources", "resources/templates/list", "resourceTemplates"},
	} {
		if _, ok := declared.Result.Capabilities[list.capability]; ok {
			seen.counts[list.member] = pages(t, ask, list.method, list.member)
		}
	}
	for _, call := range append(s.calls, unknown) {
		ask("tools/call", `{"name":"`+call.tool+`","arguments":`+call.arguments+`}`)
		seen.calls++
	}
	if seen.counts["tools"] == 0 {
		t.Errorf("%s: no tools", way)
	}
	return seen
}

// pages asks for all pages of a list and returns how many elements it has.
func pages(t *testing.T, ask func(method, params string) []byte, method, member string) int {
	t.Helper()
	count, params := 0, "{}"
	for {
		answer := ask(method, params)
		var m struct{ Result map[string]json.RawMessage }
		var elements []any
		if err := json.Unmarshal(answer, &m); err != nil {
			t.Fatalf("%v in %s", err, answer)
		}
		if err := json.Unmarshal(m.Result[member], &elements); m.Result != nil && err != nil {
			t.Fatalf("%v in %s", err, answer)
		}
		count += len(elements)
		cursor, more := m.Result["nextCursor"]
		if !more {
			return count
		}
		params = `{"cursor":` + string(cursor) + "}"
	}
}

// throughBridge is a connection by ucbridge stdio and a workspace.
func throughBridge(t *testing.T, upstream, route string) connection {
	t.Helper()
	w, err := emulator.Start(emulator.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { w.Close() })
	w.AddConnection(emulator.Connection{Name: "peer", Upstream: upstream, Bearer: credential, MCP: true})
	cmd := exec.Command(ucbridge, "stdio", "--connection", "peer", "--route", route)
	cmd.Env = append(environ(t), "DATABRICKS_HOST="+w.URL(), "DATABRICKS_TOKEN=dapi-demo-ada", "DATABRICKS_CONFIG_FILE="+os.DevNull, "UCBRIDGE_CACHE_DIR="+t.TempDir())
	return startPiped(t, cmd)
}

// start starts the server and returns its URL when it listens.
func (s server) start(t *testing.T) string {
	t.Helper()
	port := loopbacktest.UnusedPort(t)
	background(t, s.command(t, port))
	awaitListener(t, "127.0.0.1:"+port)
	host, path := "127.0.0.1", "/mcp"
	if s.host != "" {
		host = s.host
	}
	return "http://" + net.JoinHostPort(host, port) + path
}

// TestReaction has server-everything add tools in reaction to
// notifications/initialized: it drops what it says of that while nobody listens.
func TestReaction(t *testing.T) {
	everything := servers[0]
	if _, ok := find(everything.needs); !ok {
		missing(t)
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	c := throughBridge(t, everything.start(t), "proxy").(*piped)
	hello := `{"protocolVersion":"` + revision + `","capabilities":{"roots":{},"sampling":{},"elicitation":{}},"clientInfo":{"name":"ucbridge-peers","version":"1.0.0"}}`
	if _, err := c.call(ctx, "initialize", hello); err != nil {
		t.Fatal(err)
	}
	if err := c.notify(ctx, "notifications/initialized"); err != nil {
		t.Fatal(err)
	}
	line, err := c.out.ReadString('\n') // nothing else was asked for
	if err != nil || !strings.Contains(line, `"notifications/tools/list_changed"`) {
		t.Errorf("got %s, %v", line, err)
	}
}
