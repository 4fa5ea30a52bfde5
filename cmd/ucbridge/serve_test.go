package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// gatewayKey finds the script's gateway among its values.
type gatewayKey struct{}

// gatewayProcess is a running ucbridge serve.
type gatewayProcess struct {
	cmd    *exec.Cmd
	url    string
	secret string // the Authorization header, with --auth local
	stderr bytes.Buffer
}

// cmdServe is "serve flags...": ucbridge serve with those flags, on a free port of
// this machine, until "unserve" or the end of the script.
func cmdServe(ts *testscript.TestScript, neg bool, args []string) {
	if neg {
		ts.Fatalf("unsupported: ! serve; see exits")
	}
	g := &gatewayProcess{}
	path, err := exec.LookPath("ucbridge")
	ts.Check(err)
	g.cmd = exec.Command(path, append([]string{"serve", "--listen", "127.0.0.1:0"}, args...)...)
	g.cmd.Dir = ts.MkAbs(".")
	stoppable(g.cmd)
	for _, name := range []string{"PATH", "HOME", "USERPROFILE", "APPDATA", "LOCALAPPDATA", "GORACE", "DATABRICKS_HOST", "DATABRICKS_TOKEN", "DATABRICKS_CONFIG_FILE", "DATABRICKS_CLI_PATH",
		"DATABRICKS_APP_NAME", "DATABRICKS_CLIENT_ID", "DATABRICKS_CLIENT_SECRET"} {
		g.cmd.Env = append(g.cmd.Env, name+"="+ts.Getenv(name))
	}
	out, err := g.cmd.StdoutPipe()
	ts.Check(err)
	g.cmd.Stderr = &g.stderr
	ts.Check(g.cmd.Start())
	ts.Defer(func() { _ = g.cmd.Process.Kill() })
	said := regexp.MustCompile(`^(?:serving (http://[^/]+)/|(Authorization: .*))`)
	local := !slices.ContainsFunc(args, func(arg string) bool { return arg == "oauth" || arg == "obo" || arg == "app" })
	for lines := bufio.NewScanner(out); g.url == "" || local && g.secret == ""; {
		if !lines.Scan() {
			_ = g.cmd.Wait()
			ts.Fatalf("ucbridge serve ended: %s", &g.stderr)
		}
		if m := said.FindStringSubmatch(lines.Text()); m != nil && m[1] != "" {
			g.url = m[1]
		} else if m != nil {
			g.secret = m[2]
		}
	}
	go func() { _, _ = io.Copy(io.Discard, out) }()
	ts.Setenv("GATEWAY", g.url)
	gatewaysOf(ts)[0] = g
}

// cmdUnserve is "unserve": SIGTERM, and a good end. stderr is that of the gateway.
func cmdUnserve(ts *testscript.TestScript, neg bool, args []string) {
	g := gatewaysOf(ts)[0]
	ts.Check(terminate(g.cmd.Process))
	late := time.AfterFunc(15*time.Second, func() { _ = g.cmd.Process.Kill() }) // as Databricks Apps do
	defer late.Stop()
	if err := g.cmd.Wait(); err != nil {
		ts.Fatalf("ucbridge serve: %v\n%s", err, &g.stderr)
	}
	fmt.Fprint(ts.Stdout(), "")
	fmt.Fprint(ts.Stderr(), g.stderr.String())
}

func gatewaysOf(ts *testscript.TestScript) []*gatewayProcess {
	return ts.Value(gatewayKey{}).([]*gatewayProcess)
}

// cmdHTTP is "http METHOD path [header: value]... [file]": a request to the
// gateway, the answer's status and body on stdout. "secret" in place of a header is that of
// --auth local. Mcp-Session-Id of an answer goes into $SESSION.
func cmdHTTP(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: http METHOD path [header: value]... [file]")
	}
	g := gatewaysOf(ts)[0]
	req, err := http.NewRequest(args[0], g.url+args[1], nil)
	ts.Check(err)
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Accept", "application/json, text/event-stream")
	for _, arg := range args[2:] {
		name, value, header := strings.Cut(arg, ": ")
		switch {
		case arg == "secret":
			req.Header.Set("Authorization", strings.TrimPrefix(g.secret, "Authorization: "))
		case header && name == "Host":
			req.Host = value
		case header:
			req.Header.Set(name, value)
		default:
			body := ts.ReadFile(arg)
			req.Body, req.ContentLength = io.NopCloser(strings.NewReader(body)), int64(len(body))
		}
	}
	resp, err := http.DefaultTransport.RoundTrip(req)
	ts.Check(err)
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) {
		ts.Check(err)
	}
	if id := resp.Header.Get("Mcp-Session-Id"); id != "" {
		ts.Setenv("SESSION", id)
	}
	fmt.Fprintln(ts.Stdout(), resp.StatusCode, resp.Header.Get("Content-Type"))
	fmt.Fprintln(ts.Stdout(), strings.TrimSpace(string(body)))
}
