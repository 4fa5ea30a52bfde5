package e2e

import (
	"encoding/json"
	"net/http"
	"os"
	"os/exec"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ucbridge/bridge/emulator"
)

// route is one way through the workspace to the MCP server behind it.
type route struct {
	name string // as the workspace names it in its audit
	args []string
	// buffered: the route carries requests and their answers only, the answers
	// whole. What a server sends on its own, or asks, does not pass.
	buffered bool
	// transport is how a test enters it: "stdio" or "http".
	transport string
}

var routes = []route{
	{name: "proxy", args: []string{"--connection", "everything", "--route", "proxy"}},
	{name: "external-function", args: []string{"--connection", "everything", "--route", "external-function"}, buffered: true},
	{name: "mcp-external", args: []string{"--connection", "everything", "--route", "mcp-external"}},
	{name: "mcp-service", args: []string{"--mcp-service", "main.mcp.everything"}},
	{name: "path", args: []string{"--url", "/api/2.0/mcp/everything"}},
}

// startWorkspace starts a workspace in which every route leads to upstream.
func startWorkspace(t *testing.T, upstream string) *emulator.Workspace {
	t.Helper()
	w, err := emulator.Start(emulator.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { w.Close() })
	w.AddConnection(emulator.Connection{Name: "everything", Upstream: upstream, Bearer: "upstream-secret", MCP: true})
	w.AddService(emulator.Service{Name: "main.mcp.everything", Connection: "everything"})
	w.AddPath("/api/2.0/mcp/everything", upstream)
	return w
}

// bridge is the entry of ucbridge, as ada would write it, on a route through w.
func bridge(t *testing.T, w *emulator.Workspace, r route) mcpServer {
	t.Helper()
	return mcpServer{
		Command: ucbridge,
		Args:    append([]string{"stdio"}, r.args...),
		Env: map[string]string{
			"DATABRICKS_HOST":        w.URL(),
			"DATABRICKS_TOKEN":       "dapi-demo-ada",
			"DATABRICKS_CONFIG_FILE": os.DevNull,
			"UCBRIDGE_CACHE_DIR":     t.TempDir(),
		},
	}
}

// gateway is the entry of ucbridge serve, as ada comes to it through the front door
// of a Databricks App, on a route through w.
func gateway(t *testing.T, w *emulator.Workspace, r route) mcpServer {
	t.Helper()
	cmd := exec.Command(ucbridge, append([]string{"serve", "--listen", "127.0.0.1:0", "--auth", "obo", "--trust-forwarded"}, r.args...)...)
	cmd.Env = environ(t, map[string]string{"DATABRICKS_HOST": w.URL()})
	return mcpServer{
		Type: "streamable-http", URL: start(t, cmd).await(t, `serving (http://\S+)`),
		Headers: map[string]string{"X-Forwarded-Access-Token": "dapi-demo-ada"},
	}
}

// transports are the ways into ucbridge, by name.
var transports = map[string]func(*testing.T, *emulator.Workspace, route) mcpServer{"stdio": bridge, "http": gateway}

// overTransports runs a test over each transport, on each route that starts there.
func overTransports(t *testing.T, test func(t *testing.T, r route, open func(*emulator.Workspace) mcpServer)) {
	for name, enter := range transports {
		for _, r := range routes {
			if name == "http" && r.name == "path" {
				continue // a gateway serves what Unity Catalog names
			}
			r.transport = name
			t.Run(name+"/"+r.name, func(t *testing.T) {
				t.Parallel()
				test(t, r, func(w *emulator.Workspace) mcpServer { return enter(t, w, r) })
			})
		}
	}
}

// headed adds the entry's headers to the requests of a client in this process.
func (s mcpServer) headed() *http.Client {
	return &http.Client{Transport: roundTripper(func(r *http.Request) (*http.Response, error) {
		r = r.Clone(r.Context())
		for name, value := range s.Headers {
			r.Header.Set(name, value)
		}
		return http.DefaultTransport.RoundTrip(r)
	})}
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// command returns the process that the entry describes.
func (s mcpServer) command(t *testing.T) *exec.Cmd {
	t.Helper()
	cmd := exec.Command(s.Command, s.Args...)
	cmd.Env = environ(t, s.Env)
	return cmd
}

// checkAudit checks what w saw of a client on route r: every message on that route
// and no other, under ada's name; the named methods among them; and no stream
// opened where none can be. It closes w.
func checkAudit(t *testing.T, w *emulator.Workspace, r route, methods ...string) {
	t.Helper()
	w.Close() // what is under way is recorded by then
	seen := map[string]bool{}
	for _, x := range w.Exchanges() {
		if x.Upstream.Method == "" {
			continue // no MCP message
		}
		if x.Route != r.name || x.User != "ada@example.com" {
			t.Errorf("%s %s went by %s as %q", x.Upstream.Method, x.RPCMethod, x.Route, x.User)
		}
		seen[x.Upstream.Method] = true
		seen[x.RPCMethod] = true
	}
	for _, method := range append(methods, "POST") {
		if !seen[method] {
			t.Errorf("no %s reached the server", method)
		}
	}
	if seen["GET"] && r.buffered {
		t.Error("a stream was opened on a route that carries none")
	}
}

// checkCapabilities checks that what the client declared reached the server, less
// what a buffered route cannot carry.
func checkCapabilities(t *testing.T, w *emulator.Workspace, r route) {
	t.Helper()
	want := `{"sampling":{},"roots":{"listChanged":true},"elicitation":{"form":{},"url":{}}}`
	if r.buffered {
		want = `{"elicitation":{"url":{}}}`
	}
	for _, x := range w.Exchanges() {
		if x.RPCMethod != "initialize" {
			continue
		}
		if diff := cmp.Diff(decode(t, []byte(want)), capabilities(t, x.Upstream.Body)); diff != "" {
			t.Errorf("client capabilities at the server (-want +got):\n%s", diff)
		}
		return
	}
	t.Error("no initialize reached the server")
}

// capabilities returns those that an initialize request declares.
func capabilities(t *testing.T, initialize []byte) map[string]any {
	t.Helper()
	var message struct {
		Params struct {
			Capabilities map[string]any `json:"capabilities"`
		} `json:"params"`
	}
	if err := json.Unmarshal(initialize, &message); err != nil {
		t.Fatal(err)
	}
	return message.Params.Capabilities
}
