package config

import (
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/spf13/pflag"
)

// invokeSeveral is invoke for a command that takes several servers.
func invokeSeveral(args []string, env map[string]string, file string) (*Config, error) {
	c := New()
	flags := pflag.NewFlagSet("ucbridge", pflag.ContinueOnError)
	flags.SetOutput(io.Discard)
	c.Bind(flags)
	if err := flags.Parse(args); err != nil {
		return nil, err
	}
	lookup := func(name string) (string, bool) { value, ok := env[name]; return value, ok }
	return c, c.LoadSeveral(lookup, func(string) ([]byte, error) { return []byte(file), nil })
}

func TestSeveral(t *testing.T) {
	t.Parallel()
	const file = "connections:\n  - {name: github, alias: gh, route: proxy, meta: {warehouse_id: abc, n: 5}, headers: {X-MCP-Readonly: 'true'}}\nservices: [{name: a.b.c}]\n"
	for _, tt := range []struct {
		args []string
		env  map[string]string
		want []Endpoint
	}{
		{[]string{"--connection=a"}, nil, nil},
		{[]string{"--url=x=/y"}, nil, nil},
		{[]string{"--connection=a", "--mcp-service=s.s.s", "--connection=b", "--url=n=/x", "--url=https://x-1.aws.databricksapps.com/mcp"}, nil, []Endpoint{
			{Connection: "a", Route: "auto"}, {Service: "s.s.s"}, {URL: "/x", Alias: "n"}, {Connection: "b", Route: "auto"}, {URL: "https://x-1.aws.databricksapps.com/mcp"},
		}},
		{[]string{"--servers=f"}, map[string]string{"UCBRIDGE_CONNECTION": "z"}, []Endpoint{
			{Connection: "github", Alias: "gh", Route: "proxy", Meta: "n:=5\nwarehouse_id:=\"abc\"", Headers: "X-MCP-Readonly: true"}, {Service: "a.b.c"},
		}},
		{nil, map[string]string{"UCBRIDGE_CONNECTION": "z", "UCBRIDGE_URL": "/x"}, []Endpoint{{Connection: "z", Route: "auto"}, {URL: "/x"}}},
	} {
		c, err := invokeSeveral(tt.args, tt.env, file)
		if err != nil {
			t.Errorf("%q: %v", tt.args, err)
			continue
		}
		if diff := cmp.Diff(tt.want, c.Endpoints); diff != "" {
			t.Errorf("%q (-want +got):\n%s", tt.args, diff)
		}
		args, env, err := c.Launch()
		again, errAgain := invokeSeveral(args[1:], env, file)
		if err != nil || errAgain != nil || !cmp.Equal(again.Endpoints, c.Endpoints) || again.URL.Value != c.URL.Value {
			t.Errorf("%q starts as %q: %v, %v", tt.args, args, err, errAgain)
		}
	}
	for _, args := range [][]string{
		{"--connection=a", "--connection=a"}, {"--connection=a", "--url=a=/x"}, {"--connection=a", "--connection=b", "--path=/x"}, {},
	} {
		if _, err := invokeSeveral(args, nil, file); err == nil {
			t.Errorf("%q was accepted", args)
		}
	}
	if _, err := invoke([]string{"--connection=a", "--connection=b"}, nil); err == nil {
		t.Error("a command that takes one target takes two")
	}
}

func TestSplitName(t *testing.T) {
	t.Parallel()
	for text, want := range map[string][2]string{
		"x=/y": {"x", "/y"}, "a-b.C_9=https://h/mcp?k=v": {"a-b.C_9", "https://h/mcp?k=v"}, "x=http://h": {"x", "http://h"},
		"/y?a=/b": {"", "/y?a=/b"}, "https://h/?a=/b": {"", "https://h/?a=/b"}, "=/y": {"", "=/y"}, "x y=/z": {"", "x y=/z"}, "ü=/z": {"", "ü=/z"},
		"x=ftp://h": {"", "x=ftp://h"}, "x": {"", "x"},
	} {
		if name, address := splitName(text); [2]string{name, address} != want {
			t.Errorf("%s: %q, %q", text, name, address)
		}
	}
}

// TestEmptyFile: a file that names no server is told of by its name, and one that begins as
// some tools write YAML is read.
func TestEmptyFile(t *testing.T) {
	t.Parallel()
	for _, file := range []string{"", "# nothing yet\n", "connections:\n", "connections: []\npolicy: p.yaml\n"} {
		_, err := invokeSeveral([]string{"--servers=f.yaml"}, nil, file)
		fault, ok := errors.AsType[*Error](err)
		if !ok || fault.Problem != "f.yaml: it names no server" || !strings.Contains(fault.Hint, "connections") {
			t.Errorf("%q: %v", file, err)
		}
	}
	c, err := invokeSeveral([]string{"--servers=f.yaml"}, nil, "---\n# mine\nconnections:\n- name: a\n")
	if err != nil || len(c.Endpoints) != 1 {
		t.Errorf("%v, %v", c.Endpoints, err)
	}
}

// TestFor has servers with a route of their own, and others that take the one of all.
func TestFor(t *testing.T) {
	t.Parallel()
	c, err := invokeSeveral([]string{"--all-servers", "--route=proxy"}, nil, "")
	if err != nil {
		t.Fatal(err)
	}
	for e, want := range map[Endpoint]string{
		{Connection: "found"}:                      "proxy",
		{Connection: "own", Route: "mcp-external"}: "mcp-external",
		{Service: "a.b.c"}:                         "auto",
	} {
		if got := c.For(e).Route.Value; got != want {
			t.Errorf("%v goes by %q, want %q", e, got, want)
		}
	}
}

func TestPresets(t *testing.T) {
	t.Parallel()
	c, err := invoke([]string{"--connection=a", "--meta=warehouse_id=17", "--meta=n:=5", "--meta=x=a=b", "--header=X-MCP-Toolsets: repos, issues"},
		map[string]string{"UCBRIDGE_HEADER": "X-Other: 1"})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]Preset{{"warehouse_id", `"17"`}, {"n", "5"}, {"x", `"a=b"`}}, c.Presets()); diff != "" {
		t.Errorf("meta (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]Preset{{"X-MCP-Toolsets", "repos, issues"}}, c.HeaderPresets()); diff != "" {
		t.Errorf("headers (-want +got):\n%s", diff)
	}
	one := c.For(Endpoint{Connection: "b", Meta: "n:=6", Headers: "X-B: 2"})
	if got := one.Presets(); len(got) != 4 || got[3] != (Preset{"n", "6"}) {
		t.Errorf("of one server: %v", got)
	}
	c, err = invoke([]string{"--connection=a"}, map[string]string{"UCBRIDGE_META": "com.mcpserver/a=1\n\n  b:=[2]\n", "UCBRIDGE_HEADER": "X-A: 1\nX-B: 2"})
	if err != nil || len(c.Presets()) != 2 || len(c.HeaderPresets()) != 2 {
		t.Errorf("by environment: %v, %v", c, err)
	}
	for _, arg := range []string{"--meta=com.example.mcp/tenant=1", "--meta=mcp=1", "--meta=com.mcpserver/mcp.x=1"} {
		if _, err := invoke([]string{"--connection=a", arg}, nil); err != nil {
			t.Errorf("%s: %v", arg, err)
		}
	}
	for _, arg := range []string{
		"--meta=x", "--meta==x", "--meta=:=1", "--meta=x:={", "--meta=progressToken=1", "--meta=io.modelcontextprotocol/protocolVersion=x",
		"--meta=com.mcp.tools/x=1", "--meta=dev.mcp/x=1", "--meta=modelcontextprotocol.io/x=1", "--meta=a.b.MCP.c/x=1", "--header=Tracestate: a=b",
		"--header=X", "--header=: x", "--header=Authorization: Bearer x", "--header=cookie: a", "--header=HOST: a", "--header=mcp-session-id: x",
		"--header=X-Databricks-Org-Id: 1", "--header=Content-Length: 1", "--header=X Y: 1", "--header=X-A: a\x00b", "--header=x-forwarded-access-token: t", "--header=Proxy-Authorization: x",
	} {
		if _, err := invoke([]string{"--connection=a", arg}, nil); err == nil {
			t.Errorf("%s was accepted", arg)
		}
	}
}
