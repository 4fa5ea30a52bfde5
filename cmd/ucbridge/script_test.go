package main

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/rogpeppe/go-internal/testscript"

	"ucbridge/bridge/emulator"
	"ucbridge/bridge/policy"
)

var update = flag.Bool("update", false, "rewrite golden files and the want files of scripts")

// raceOptions keeps a process built with -race from sleeping a second at its end.
const raceOptions = "atexit_sleep_ms=0"

// managedVariable names the administrator's policy file in scripts and tests. The
// program that is shipped knows no such variable.
const managedVariable = "TEST_MANAGED_POLICY"

// TestMain puts the real main on the PATH of scripts and tests, as ucbridge.
func TestMain(m *testing.M) {
	managed = policy.ManagedAt("", "")
	program := func() {
		managed = policy.ManagedAt(os.Getenv(managedVariable), os.Getenv(managedVariable+"_HOME"))
		here = hereBelowRoot
		main()
	}
	testscript.Main(m, map[string]func(){"ucbridge": program, "browser": browse, "fakedatabricks": databricksCLI, "ctrlc": ctrlC})
}

// browse is a browser that visits the link it is started with, as the user whose
// token is in the environment, and follows no other.
func browse() {
	req, err := http.NewRequest(http.MethodGet, os.Args[len(os.Args)-1], nil)
	if err != nil {
		panic(err)
	}
	req.Header.Set("Authorization", "Bearer "+os.Getenv("DATABRICKS_TOKEN"))
	resp, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		panic(err)
	}
	resp.Body.Close()
}

// TestScripts plays the stories in testdata/script, each with a workspace of its own.
func TestScripts(t *testing.T) {
	t.Parallel()
	t.Cleanup(func() {
		if all := flag.Lookup("test.run").Value.String() == ""; all && pasted.Load() == 0 {
			t.Error("no hint was tried")
		}
	})
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		Setup:               setUp,
		UpdateScripts:       *update,
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Cmds:                scriptCommands,
	})
}

// scriptCommands are what scripts can say beside the commands of testscript.
var scriptCommands = map[string]func(*testscript.TestScript, bool, []string){
	"bridge":     cmdBridge,
	"exits":      cmdExits,
	"requests":   cmdRequests,
	"sent":       cmdSent,
	"fault":      cmdFault,
	"connection": cmdConnection,
	"service":    cmdService,
	"hosted":     cmdHosted,
	"user":       cmdUser,
	"signin":     cmdSignIn,
	"revoke":     cmdRevoke,
	"token":      cmdToken,
	"talk":       cmdTalk,
	"steady":     cmdSteady,
	"serve":      cmdServe,
	"unserve":    cmdUnserve,
	"http":       cmdHTTP,
}

// workspaceKey finds the script's workspace among its values.
type workspaceKey struct{}

func setUp(env *testscript.Env) error { return setUpWith(env, emulator.Options{}) }

// setUpDemo has the workspace that "ucbridge demo" has.
func setUpDemo(env *testscript.Env) error {
	return setUpWith(env, emulator.Options{Changing: true})
}

func setUpWith(env *testscript.Env, options emulator.Options) error {
	workspace, err := emulator.Start(options)
	if err != nil {
		return err
	}
	env.Defer(func() { _ = workspace.Close() })
	env.Values[workspaceKey{}] = workspace
	env.Values[gatewayKey{}] = make([]*gatewayProcess, 1)
	home := filepath.Join(env.WorkDir, "home")
	if err := os.Mkdir(home, 0o700); err != nil {
		return err
	}
	cli, err := exec.LookPath("fakedatabricks")
	if err != nil {
		return err
	}
	env.Setenv("FAKE_CLI", cli)
	env.Setenv("GORACE", raceOptions)
	for _, pair := range userFolders(home) {
		name, value, _ := strings.Cut(pair, "=")
		env.Setenv(name, value)
	}
	env.Setenv("WORKSPACE", workspace.URL())
	env.Setenv("WORKSPACE_ADDRESS", strings.TrimPrefix(workspace.URL(), "http://"))
	env.Setenv("DATABRICKS_HOST", workspace.URL())
	env.Setenv("DATABRICKS_TOKEN", demoToken)
	env.Setenv("DATABRICKS_CONFIG_FILE", os.DevNull)
	env.Setenv(rootVariable, filepath.Join(env.WorkDir, "root"))
	env.Setenv("UCBRIDGE_CACHE_DIR", filepath.Join(env.WorkDir, "cache"))
	return nil
}

func workspaceOf(ts *testscript.TestScript) *emulator.Workspace {
	return ts.Value(workspaceKey{}).(*emulator.Workspace)
}

// cmdBridge is "bridge flags...": ucbridge stdio with those flags, which must
// end well and print nothing but JSON-RPC. Answers may come in any order; stdout
// is theirs sorted by id, after the messages without one.
func cmdBridge(ts *testscript.TestScript, neg bool, args []string) {
	if neg {
		ts.Fatalf("unsupported: ! bridge; see exits")
	}
	ts.Check(ts.Exec("ucbridge", append([]string{"stdio"}, args...)...))
	stdout, stderr := ts.ReadFile("stdout"), ts.ReadFile("stderr")
	paste(ts, stdout, stderr)
	messages, err := wireMessages(stdout)
	ts.Check(err)
	slices.SortStableFunc(messages, func(a, b wireMessage) int { return cmp.Compare(string(a.ID), string(b.ID)) })
	for _, m := range messages {
		fmt.Fprintf(ts.Stdout(), "%s\n", m.line)
	}
	fmt.Fprint(ts.Stderr(), stderr)
}

// wireMessage is a line of stdout and the id in it.
type wireMessage struct {
	line    string
	JSONRPC string          `json:"jsonrpc"`
	ID      json.RawMessage `json:"id"`
}

// wireMessages reads stdout, every line of which must be one JSON-RPC message.
func wireMessages(stdout string) ([]wireMessage, error) {
	if stdout != "" && !strings.HasSuffix(stdout, "\n") {
		return nil, fmt.Errorf("stdout ends in the middle of a line: %q", stdout)
	}
	var messages []wireMessage
	for line := range strings.Lines(stdout) {
		m := wireMessage{line: strings.TrimSuffix(line, "\n")}
		if !jsontext.Value(m.line).IsValid() {
			return nil, fmt.Errorf("line on stdout is not strict JSON: %q", line)
		}
		if err := json.Unmarshal([]byte(m.line), &m); err != nil || m.JSONRPC != "2.0" {
			return nil, fmt.Errorf("line on stdout is no JSON-RPC message: %q", line)
		}
		messages = append(messages, m)
	}
	return messages, nil
}

// cmdExits is "exits code program args...": like exec, with that exit code. Each
// command that is given as a hint is tried, too.
func cmdExits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits code program args...")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	got := 0
	err = ts.Exec(args[1], args[2:]...)
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		got = exit.ExitCode()
	} else {
		ts.Check(err)
	}
	if got != want {
		ts.Fatalf("exit code %d, want %d", got, want)
	}
	stdout, stderr := ts.ReadFile("stdout"), ts.ReadFile("stderr")
	paste(ts, stdout, stderr)
	fmt.Fprint(ts.Stdout(), stdout)
	fmt.Fprint(ts.Stderr(), stderr)
}

// cmdRequests is "requests [method...]": what came in on the workspace's MCP
// routes, a line for each, only those JSON-RPC or HTTP methods if any are given.
func cmdRequests(ts *testscript.TestScript, neg bool, args []string) {
	if neg {
		ts.Fatalf("unsupported: ! requests")
	}
	for _, e := range workspaceOf(ts).Exchanges() {
		rpc := cmp.Or(e.RPCMethod, "-")
		if slices.Contains([]string{"api", "oidc", "well-known"}, e.Route) ||
			len(args) > 0 && !slices.Contains(args, rpc) && !slices.Contains(args, e.Method) {
			continue
		}
		fmt.Fprintln(ts.Stdout(), cmp.Or(e.User, "-"), e.Route, cmp.Or(e.Connection, "-"), e.Method, rpc, e.Status)
	}
	fmt.Fprint(ts.Stdout(), "") // nothing seen is an empty stdout, not the last command's
}

// cmdSent is "sent method": the messages with that JSON-RPC method as the
// workspace sent them on to the server behind it.
func cmdSent(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: sent method")
	}
	for _, e := range workspaceOf(ts).Exchanges() {
		if e.RPCMethod == args[0] {
			fmt.Fprintf(ts.Stdout(), "%s\n", e.Upstream.Body)
		}
	}
	fmt.Fprint(ts.Stdout(), "")
}

// cmdFault is "fault key=value...": the workspace answers otherwise from now
// on. body is the name of a file.
func cmdFault(ts *testscript.TestScript, neg bool, args []string) {
	if neg {
		workspaceOf(ts).ClearFaults()
		return
	}
	var f emulator.Fault
	for _, arg := range args {
		key, value, _ := strings.Cut(arg, "=")
		var err error
		switch key {
		case "route":
			f.Route = value
		case "rpc":
			f.RPCMethod = value
		case "http":
			f.HTTPMethod = value
		case "path":
			f.Path = value
		case "times":
			f.Times, err = strconv.Atoi(value)
		case "skip":
			f.Skip, err = strconv.Atoi(value)
		case "status":
			f.Status, err = strconv.Atoi(value)
		case "body":
			f.Body = ts.ReadFile(value)
		case "delay":
			f.Delay, err = time.ParseDuration(value)
		case "hang":
			f.Hang = true
		case "cut":
			f.Cut = true
		case "reset":
			f.Reset = true
		case "lose-session":
			f.LoseSession = true
		default:
			ts.Fatalf("unknown fault %q", key)
		}
		ts.Check(err)
	}
	workspaceOf(ts).Inject(f)
}

// cmdConnection is "connection name [route...] [for=user,...] [upstream=URL]": a
// connection to the sample server, or that one, for everybody or for those users
// and groups, which answers on all routes or on those alone.
func cmdConnection(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) == 0 {
		ts.Fatalf("usage: connection name [route...] [for=user,...] [upstream=URL]")
	}
	conn := emulator.Connection{Name: args[0], MCP: true}
	for _, arg := range args[1:] {
		if users, ok := strings.CutPrefix(arg, "for="); ok {
			conn.Users = strings.Split(users, ",")
		} else if upstream, ok := strings.CutPrefix(arg, "upstream="); ok {
			conn.Upstream = upstream
		} else {
			conn.Routes = append(conn.Routes, arg)
		}
	}
	workspaceOf(ts).AddConnection(conn)
}

// cmdService is "service name connection": an MCP service in front of the
// connection, to which each user signs in.
func cmdService(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: service name connection")
	}
	workspaceOf(ts).AddService(emulator.Service{Name: args[0], Connection: args[1], PerUser: true})
}

// cmdHosted is "hosted path...": MCP servers that Databricks hosts itself, at those
// paths; an address is that of an App.
func cmdHosted(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) == 0 {
		ts.Fatalf("usage: hosted path...")
	}
	for _, at := range args {
		if host, isApp := strings.CutPrefix(at, "https://"); isApp {
			name, _, _ := strings.Cut(host, ".")
			workspaceOf(ts).AddApp(emulator.App{Name: name, URL: at})
		} else {
			workspaceOf(ts).AddPath(at, "")
		}
	}
}

// cmdUser is "user name token group...": a user in those groups; in
// "metastore-admins" the user is an admin of the metastore.
func cmdUser(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: user name token group...")
	}
	workspaceOf(ts).AddUser(emulator.User{
		Name: args[0], PAT: args[1], Groups: args[2:], Admin: slices.Contains(args[2:], "metastore-admins"),
	})
}

// cmdSignIn is "signin connection user".
func cmdSignIn(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: signin connection user")
	}
	workspaceOf(ts).SignIn(args[0], args[1])
}

// cmdRevoke is "revoke user": the user's token is no longer valid.
func cmdRevoke(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: revoke user")
	}
	workspaceOf(ts).RevokePAT(args[0])
}

// cmdToken is "token user [scope]...": $TOKEN is an OAuth access token of the user.
func cmdToken(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) == 0 {
		ts.Fatalf("usage: token user [scope]...")
	}
	ts.Setenv("TOKEN", workspaceOf(ts).IssueToken(args[0], "demo-app", args[1:]...))
}

// TestScriptsCheckTheWire holds scripts to bridge, which reads every line of
// stdout, wherever ucbridge stdio runs to a good end.
func TestScriptsCheckTheWire(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/script/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no scripts: %v", err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for n, line := range bytes.Split(text, []byte("\n")) {
			if bytes.HasPrefix(line, []byte("exec ucbridge stdio")) {
				t.Errorf("%s:%d: start it with bridge instead", file, n+1)
			}
		}
	}
}
