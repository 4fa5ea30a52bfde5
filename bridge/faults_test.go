package bridge

import (
	"bufio"
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/txtar"

	"ucbridge/bridge/emulator"
	"ucbridge/bridge/jsonrpc"
)

// everyRoute are the ways to a server, by the names that the emulator gives them.
var everyRoute = []string{"proxy", "external-function", "mcp-external", "mcp-service"}

// fault is one row of the table in testdata/faults: something goes wrong once,
// the client must see what the row wants, and the next call must work.
type fault struct {
	routes []string
	// at is who misbehaves, "workspace" or "upstream"; on is the JSON-RPC method
	// with which it happens, and times how often (0 for every time).
	at, on string
	times  int
	// do is what happens: "answer" with the bytes of the row, or "cut", "cut N",
	// "reset" or "hang", which only the workspace does.
	do  string
	raw string
	// want is the outcome of the request, says a part of its answer.
	want, says string
	// sent is how often the bridge sent the request, ran how often the server
	// took it in.
	sent, ran int
}

// TestFaults plays every row of testdata/faults on every route that it names.
// The rows wait more than they work, so they run beside each other, whatever
// -parallel says.
func TestFaults(t *testing.T) {
	t.Setenv("DATABRICKS_HOST", "") // each row has a workspace of its own, which --host names
	files, err := filepath.Glob("testdata/faults/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("archives: %v, %v", files, err)
	}
	var crowd crowd
	for _, file := range files {
		archive, err := txtar.ParseFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, row := range archive.Files {
			f, err := readFault(string(row.Data))
			if err != nil {
				t.Fatalf("%s: row %q: %v", file, row.Name, err)
			}
			for _, route := range f.routes {
				crowd.run(t, row.Name+"/"+route, func(t *testing.T) { f.play(t, route) })
			}
		}
	}
	crowd.wait()
	playAll(t, scenarios)
}

// playAll plays scenarios on their routes.
func playAll(t *testing.T, all []scenario) {
	var crowd crowd
	for _, s := range all {
		for _, route := range s.routes {
			crowd.run(t, s.name+"/"+route, func(t *testing.T) { s.play(t, newStage(t, route)) })
		}
	}
	crowd.wait()
}

// crowd runs subtests beside each other, a bounded number at a time.
type crowd struct {
	group sync.WaitGroup
	slots chan struct{}
}

func (c *crowd) run(t *testing.T, name string, test func(*testing.T)) {
	if c.slots == nil {
		c.slots = make(chan struct{}, 12)
	}
	c.group.Go(func() {
		c.slots <- struct{}{}
		defer func() { <-c.slots }()
		t.Run(name, test)
	})
}

func (c *crowd) wait() { c.group.Wait() }

// play runs the row on a route.
func (f fault) play(t *testing.T, route string) {
	s := newStage(t, route)
	switch {
	case f.want == "standby connect_timeout":
		s.cfg.ConnectTimeout.Value = 2 * time.Second // which passes
	case strings.HasPrefix(f.want, "standby"):
		s.cfg.ConnectTimeout.Value = passes
		if *otherProgram != "" {
			s.cfg.ConnectTimeout.Value *= 2 // and one under Wine longer
		}
	case f.do == "hang":
		s.cfg.CallTimeout.Value = passes
	}
	var c *caller
	switch {
	case strings.HasPrefix(f.want, "standby"):
		f.inject(t, s)
		c = f.beginInStandby(s)
	case f.on == "initialize":
		f.inject(t, s)
		var answer jsonrpc.Message
		c, answer = s.begin()
		f.check(s, answer)
		if name := jsonrpc.Text(answer.Result, "serverInfo", "name"); name != "faulty" {
			t.Errorf("%q answered", name)
		}
	default:
		c, _ = s.begin()
		f.inject(t, s)
		f.check(s, c.ask(f.on, `{"name":"write","arguments":{"key":"now"}}`))
	}
	s.workspace.ClearFaults()
	s.server.calm()
	c.recovers(s)
	c.finish(nil)
}

// check compares an answer, and what it took, with the row.
func (f fault) check(s *stage, answer jsonrpc.Message) {
	s.t.Helper()
	if got := outcome(answer); got != f.want {
		s.t.Errorf("the answer is %s, want %s: %.600s", got, f.want, answer.Raw)
	}
	if !strings.Contains(string(answer.Raw), f.says) {
		s.t.Errorf("the answer does not say %q: %s", f.says, answer.Raw)
	}
	if got := s.sent(f.on); got != f.sent {
		s.t.Errorf("sent %d times, want %d", got, f.sent)
	}
	if got := s.server.count(f.on); got != f.ran {
		s.t.Errorf("the server saw it %d times, want %d", got, f.ran)
	}
}

// beginInStandby shakes hands with a bridge whose server cannot be reached.
func (f fault) beginInStandby(s *stage) *caller {
	c, answer := s.begin()
	if got := jsonrpc.Text(answer.Result, "serverInfo", "name"); got != "ucbridge" {
		s.t.Errorf("initialize was answered by %q: %s", got, answer.Raw)
	}
	status := c.ask("tools/call", `{"name":"ucbridge_status"}`)
	if reason := strings.TrimPrefix(f.want, "standby "); !strings.Contains(string(status.Result), "("+reason+")") {
		s.t.Errorf("the status does not say %s: %s", reason, status.Raw)
	}
	if !strings.Contains(string(status.Result), f.says) {
		s.t.Errorf("the status does not say %q: %s", f.says, status.Raw)
	}
	return c
}

// recovers makes calls until one gets through, as it must at once unless the
// bridge is still waiting for an earlier try to connect.
func (c *caller) recovers(s *stage) {
	c.t.Helper()
	for deadline := time.Now().Add(patience); ; {
		answer := c.wait(c.write("after"))
		if got := outcome(answer); got == "result" {
			break
		} else if !strings.HasPrefix(got, "error") || time.Now().After(deadline) {
			c.t.Fatalf("afterwards a call ended with %s: %s", got, answer.Raw)
		}
	}
	if got := s.server.times("after"); got != 1 {
		c.t.Errorf("the call afterwards ran %d times", got)
	}
}

// inject lets the fault loose.
func (f fault) inject(t *testing.T, s *stage) {
	if f.at == "upstream" {
		s.server.upset(f.on, f.raw)
		if strings.HasPrefix(f.want, "standby") { // which tries again when it is asked
			s.server.upset(f.on, f.raw, f.raw, f.raw, f.raw)
		}
		return
	}
	injected := emulator.Fault{RPCMethod: f.on, Times: f.times}
	do, after, _ := strings.Cut(f.do, " ")
	switch do {
	case "answer":
		resp, err := http.ReadResponse(bufio.NewReader(strings.NewReader(f.raw)), nil)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		body, err := io.ReadAll(resp.Body)
		if err != nil {
			t.Fatal(err)
		}
		injected.Status, injected.Header, injected.Body = resp.StatusCode, resp.Header, string(body)
	case "cut":
		injected.Cut = true
		injected.CutAfter, _ = strconv.Atoi(after)
	case "reset":
		injected.Reset = true
	case "hang":
		injected.Hang = true
	}
	s.workspace.Inject(injected)
}

// readFault reads a row: members, a line each, and after an empty line the
// answer, whose head may end its lines with a line feed alone.
func readFault(text string) (fault, error) {
	f := fault{routes: everyRoute, times: 1, do: "answer", on: "tools/call", sent: 1, ran: 1}
	members, raw, _ := strings.Cut(text, "\n\n")
	for line := range strings.Lines(members) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), ": ")
		var err error
		switch name {
		case "routes":
			f.routes = strings.Fields(value)
		case "at":
			f.at = value
		case "on":
			f.on = value
		case "do":
			f.do = value
		case "want":
			f.want = value
		case "says":
			f.says = value
		case "times":
			f.times, err = strconv.Atoi(value)
		case "sent":
			f.sent, err = strconv.Atoi(value)
		case "ran":
			f.ran, err = strconv.Atoi(value)
		default:
			err = fmt.Errorf("no member %q", name)
		}
		if err != nil {
			return f, err
		}
	}
	if head, body, ok := strings.Cut(raw, "\n\n"); ok {
		f.raw = strings.ReplaceAll(head, "\n", "\r\n") + "\r\n\r\n" + strings.TrimSuffix(body, "\n")
	} else if raw != "" {
		f.raw = strings.ReplaceAll(strings.TrimRight(raw, "\n"), "\n", "\r\n") + "\r\n\r\n"
	}
	if f.at != "workspace" && f.at != "upstream" || f.want == "" || (f.do == "answer") != (f.raw != "") {
		return f, fmt.Errorf("incomplete: %+v", f)
	}
	return f, nil
}
