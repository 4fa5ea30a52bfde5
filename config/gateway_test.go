package config

import (
	"errors"
	"io"
	"io/fs"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/spf13/pflag"
)

// invokeGateway does what the command does. The file of --config is text.
func invokeGateway(args []string, env map[string]string, text string) (*Gateway, error) {
	g := NewGateway()
	flags := pflag.NewFlagSet("ucbridge", pflag.ContinueOnError)
	flags.SetOutput(io.Discard)
	g.Bind(flags)
	if err := flags.Parse(args); err != nil {
		return nil, err
	}
	return g, g.Load(func(name string) (string, bool) {
		value, ok := env[name]
		return value, ok
	}, func(string) ([]byte, error) {
		if text == "" {
			return nil, fs.ErrNotExist
		}
		return []byte(text), nil
	})
}

func TestEndpoints(t *testing.T) {
	t.Parallel()
	const file = "\ufeff" + `
connections:
  - name: github
    path: /mcp?x=1
    alias: gh
  - {name: main.tools.jira, route: external-function}
services:
  - name: system.ai.github
`
	g, err := invokeGateway([]string{"--connection=github,slack", "--connection", "ümlaut", "--route=proxy", "--config=f"}, nil, file)
	if err != nil {
		t.Fatal(err)
	}
	want := []Endpoint{
		{Connection: "github", Route: "proxy"}, {Connection: "slack", Route: "proxy"}, {Connection: "ümlaut", Route: "proxy"},
		{Connection: "github", Route: "proxy", Path: "/mcp?x=1", Alias: "gh"},
		{Connection: "main.tools.jira", Route: "external-function"},
		{Service: "system.ai.github"},
	}
	if diff := cmp.Diff(want, g.Endpoints); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	var at []string
	for _, e := range g.Endpoints {
		at = append(at, e.Location())
	}
	if got := strings.Join(at, " "); got != "/mcp/github /mcp/slack /mcp/%C3%BCmlaut /mcp/gh /mcp/main.tools.jira /mcp-services/system.ai.github" {
		t.Errorf("served at %s", got)
	}
}

func TestGatewayListens(t *testing.T) {
	t.Parallel()
	app := map[string]string{"DATABRICKS_APP_NAME": "mcp-x", "DATABRICKS_APP_PORT": "8000"}
	tests := []struct {
		name   string
		args   []string
		env    map[string]string
		listen string // "" is refused
	}{
		{"this machine", nil, nil, "127.0.0.1:8700"},
		{"in an app", []string{"--auth=obo"}, app, ":8000"},
		{"in an app, as the app", []string{"--auth=app"}, app, ":8000"},
		{"in an app, elsewhere", []string{"--auth=obo", "--listen=127.0.0.1:1"}, app, "127.0.0.1:1"},
		{"in an app, with a token that nobody could know", nil, app, ""},
		{"as the app, for everybody", []string{"--auth=app", "--listen=0.0.0.0:1"}, nil, ""},
		{"as the app, on this machine", []string{"--auth=app", "--listen=[::1]:1"}, nil, "[::1]:1"},
		{"by a name that may lead anywhere", []string{"--listen=my-machine:1"}, nil, ""},
		{"signed in, with no address that clients know", []string{"--auth=oauth", "--listen=:1"}, nil, ""},
		{"signed in, behind a proxy", []string{"--auth=oauth", "--listen=:1", "--public-url=https://mcp.test"}, nil, ":1"},
		{"signed in, on this machine", []string{"--auth=oauth", "--client-id=x"}, nil, "127.0.0.1:8700"},
		{"a client id that nobody signs in with", []string{"--client-id=x"}, nil, ""},
		{"federated, with no audience", []string{"--auth=federation", "--issuer=https://i.test"}, nil, ""},
		{"federated", []string{"--auth=federation", "--issuer=https://i.test", "--audience=x", "--scope=a,b"}, nil, "127.0.0.1:8700"},
		{"an issuer that nobody asks", []string{"--auth=oauth", "--issuer=https://i.test"}, nil, ""},
		{"no port", []string{"--listen=127.0.0.1"}, nil, ""},
	}
	for _, tt := range tests {
		g, err := invokeGateway(append(tt.args, "--connection=x"), tt.env, "")
		if fault := (*Error)(nil); tt.listen == "" && (!errors.As(err, &fault) || fault.Hint == "") {
			t.Errorf("%s: %v", tt.name, err)
		}
		if tt.listen != "" && (err != nil || g.Listen.Value != tt.listen) {
			t.Errorf("%s: %v", tt.name, err)
		}
	}
}

func TestGatewayRefused(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, file, want string
		args             []string
	}{
		{"nothing", "", "nothing to serve: give --connection, --mcp-service or --config", nil},
		{"no file", "", "reading the file of --config: file does not exist", []string{"--config=f"}},
		{"twice", "", "two targets to serve at /mcp/a", []string{"--connection=a,a"}},
		{"twice by alias", "services: [{name: a.b.c, alias: x}, {name: d.e.f, alias: x}]", "two targets to serve at /mcp-services/x", []string{"--config=f"}},
		{"no name", "connections: [{route: proxy}]", "f: connections[0]: name is missing", []string{"--config=f"}},
		{"a slash", "connections: [{name: a, alias: b/c}]", `f: connections[0]: alias "b/c" holds a slash`, []string{"--config=f"}},
		{"a step upwards", "connections: [{name: a, alias: ..}]", `f: connections[0]: alias ".." is no step of a path`, []string{"--config=f"}},
		{"an unknown route", "connections: [{name: a, route: direct}]", "f: connections[0]: route \"direct\": want one of auto, proxy, external-function, mcp-external", []string{"--config=f"}},
		{"an unknown word", "connections: [{name: a, rout: proxy}]", `unknown field "rout"`, []string{"--config=f"}},
		{"an unknown word beside a header", "connections:\n- name: a\n  headers: {X-A: s3cr3t}\n  rout: proxy", `f: [4:3] unknown field "rout"`, []string{"--config=f"}},
		{"a second document", "connections: [{name: a}]\n---\npolicy: p.yaml", "f: a second document: servers are named in one", []string{"--config=f"}},
		{"a name twice", "connections: [{name: a}]\nconnections: [{name: b}]", "already defined", []string{"--config=f"}},
		{"a header that is not the user's", "connections: [{name: a, headers: {Cookie: s3cr3t}}]", "f: connections[0]: headers: Cookie is not yours to set", []string{"--config=f"}},
		{"a token that nobody shows", "", "--token-file has no meaning with --auth obo", []string{"--connection=a", "--auth=obo", "--token-file=t"}},
		{"an empty name", "", `invalid argument "a,,b" for "--connection" flag: a name in it is empty`, []string{"--connection=a,,b"}},
		{"an unknown mode", "", `invalid argument "x" for "--auth" flag: want one of local, oauth, federation, obo, app`, []string{"--auth=x"}},
		{"less than nothing", "", `invalid argument "-1" for "--user-rate" flag: want a whole number, or 0 for no limit`, []string{"--user-rate=-1"}},
	}
	for _, tt := range tests {
		_, err := invokeGateway(tt.args, nil, tt.file)
		if err == nil || !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), "s3cr3t") {
			t.Errorf("%s:\ngot  %v\nwant %s", tt.name, err, tt.want)
		}
	}
}

// TestGatewayRules: what the file says of the policy counts where nothing nearer does.
func TestGatewayRules(t *testing.T) {
	t.Parallel()
	const file = "connections: [{name: a}]\npolicy: p.yaml\naudit: a.jsonl\n"
	for _, tt := range []struct {
		args          []string
		env           map[string]string
		policy, audit string
	}{
		{nil, nil, "p.yaml", "a.jsonl"},
		{[]string{"--policy=q.yaml"}, nil, "q.yaml", "a.jsonl"},
		{nil, map[string]string{"UCBRIDGE_POLICY": "q.yaml", "UCBRIDGE_AUDIT": "b.jsonl"}, "q.yaml", "b.jsonl"},
	} {
		g, err := invokeGateway(append(tt.args, "--config=f"), tt.env, file)
		if err != nil || g.Policy.Value != tt.policy || g.Audit.Value != tt.audit {
			t.Errorf("%v %v: policy %q, audit %q, %v", tt.args, tt.env, g.Policy.Value, g.Audit.Value, err)
		}
	}
}

func TestGatewayTable(t *testing.T) {
	t.Parallel()
	for _, s := range NewGateway().table() {
		if byRule := "UCBRIDGE_" + strings.ToUpper(strings.ReplaceAll(s.flag, "-", "_")); s.env != "" && s.env != byRule {
			t.Errorf("--%s has the variable %s; --help promises %s", s.flag, s.env, byRule)
		}
	}
}

func TestPublicURL(t *testing.T) {
	t.Parallel()
	for address, ok := range map[string]bool{
		"https://mcp.example.com": true, "https://mcp.example.com/ucbridge/": true, "http://localhost:8080": true,
		"mcp.example.com": false, "ftp://mcp.example.com": false, "https://": false, "https://:8080": false, "https://u:p@mcp.example.com": false, "https://mcp.example.com/?a=1": false,
	} {
		g, err := invokeGateway([]string{"--connection=github", "--public-url=" + address}, nil, "")
		if (err == nil) != ok || ok && g.PublicAddress.String() != address {
			t.Errorf("%s: %v", address, err)
		}
		if _, err := invokeGateway([]string{"--connection=github", "--auth=federation", "--audience=x", "--issuer=" + address}, nil, ""); (err == nil) != ok {
			t.Errorf("%s as an issuer: %v", address, err)
		}
	}
}
