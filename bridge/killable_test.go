package bridge

import (
	"bufio"
	"bytes"
	"crypto/rand"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"ucbridge/bridge/jsonrpc"
	"ucbridge/bridge/loopbacktest"
)

// killable is an MCP server in a process of its own, which kill ends as kill -9
// does. What it runs it first writes to a file, so that nothing of it is lost.
type killable struct {
	t       *testing.T
	address string
	ledger  string // a file with the key of each call that was run
	process *exec.Cmd
	stdin   io.Closer // the process ends with it, and so with the test
}

// These variables make the test binary a killable server.
const (
	killableAddress = "UCBRIDGE_TEST_KILLABLE_ADDRESS"
	killableLedger  = "UCBRIDGE_TEST_KILLABLE_LEDGER"
)

func init() {
	if address := os.Getenv(killableAddress); address != "" {
		fmt.Fprintln(os.Stderr, serveKillable(address, os.Getenv(killableLedger)))
		os.Exit(1)
	}
}

func newKillable(t *testing.T) *killable {
	k := &killable{t: t, address: loopbacktest.UnusedAddress(t), ledger: filepath.Join(t.TempDir(), "ledger")}
	k.start()
	t.Cleanup(k.kill)
	return k
}

// start starts the process and returns when it serves.
func (k *killable) start() {
	k.t.Helper()
	k.process = exec.Command(os.Args[0])
	k.process.Env = append(os.Environ(), killableAddress+"="+k.address, killableLedger+"="+k.ledger)
	k.process.Stderr = os.Stderr
	stdin, err := k.process.StdinPipe()
	if err != nil {
		k.t.Fatal(err)
	}
	stdout, err := k.process.StdoutPipe()
	if err != nil {
		k.t.Fatal(err)
	}
	if err := k.process.Start(); err != nil {
		k.t.Fatal(err)
	}
	k.stdin = stdin
	if line, err := bufio.NewReader(stdout).ReadString('\n'); err != nil {
		k.t.Fatalf("the server said %q: %v", line, err)
	}
}

func (k *killable) kill() {
	_ = k.process.Process.Kill() // it may have ended already
	_ = k.process.Wait()         // "signal: killed"
	_ = k.stdin.Close()
}

// runs returns how often each key was run.
func (k *killable) runs() map[string]int {
	k.t.Helper()
	raw, err := os.ReadFile(k.ledger)
	if err != nil {
		k.t.Fatal(err)
	}
	runs := make(map[string]int)
	for key := range strings.Lines(string(raw)) {
		runs[strings.TrimSpace(key)]++
	}
	return runs
}

// serveKillable is the child's life. Its sessions are lost with it.
func serveKillable(address, ledger string) error {
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		os.Exit(0)
	}()
	file, err := os.OpenFile(ledger, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return err
	}
	fmt.Println("ready")
	return http.Serve(listener, &ledgerServer{ledger: file, session: rand.Text()})
}

// ledgerServer has a tool "write", which notes its key, and after it the call
// hangs where the key begins with "hang".
type ledgerServer struct {
	ledger *os.File

	mu      sync.Mutex
	session string
}

func (l *ledgerServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	m, _ := jsonrpc.Parse(body)
	l.mu.Lock()
	session := l.session
	known := m.Method == "initialize" || r.Header.Get("Mcp-Session-Id") == session
	if r.Method == http.MethodDelete && known {
		l.session = rand.Text()
	}
	l.mu.Unlock()
	result := "{}"
	switch {
	case !known:
		http.Error(w, "no such session", http.StatusNotFound)
		return
	case r.Method == http.MethodGet:
		w.WriteHeader(http.StatusMethodNotAllowed)
		return
	case !m.IsRequest():
		w.WriteHeader(http.StatusAccepted)
		return
	case m.Method == "initialize":
		w.Header().Set("Mcp-Session-Id", session)
		result = `{"protocolVersion":"2025-11-25","capabilities":{"tools":{"listChanged":true}},"serverInfo":{"name":"killable","version":"1"}}`
	case m.Method == "tools/call":
		key := []byte(jsonrpc.Text(m.Params, "arguments", "key"))
		if _, err := l.ledger.Write(append(key, '\n')); err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		if bytes.HasPrefix(key, []byte("hang")) {
			<-r.Context().Done()
			return
		}
		result = `{"content":[]}`
	}
	w.Header().Set("Content-Type", "application/json")
	_, _ = fmt.Fprintf(w, `{"jsonrpc":"2.0","id":%s,"result":%s}`, m.ID, result)
}

// survivesKill: kill -9 of the server costs the calls in flight, and no others.
func survivesKill(t *testing.T, s *stage) {
	server := newKillable(t)
	s.conn.Upstream = "http://" + server.address
	s.workspace.AddConnection(s.conn)
	c, _ := s.begin()
	calls := func(prefix string, n int) (answers []<-chan jsonrpc.Message) {
		for i := range n {
			answers = append(answers, c.write(fmt.Sprint(prefix, i)))
		}
		return answers
	}
	check := func(prefix string, answers []<-chan jsonrpc.Message, met func(jsonrpc.Message) bool) {
		t.Helper()
		for i, answer := range answers {
			if m := c.wait(answer); !met(m) {
				t.Errorf("%s%d: %s", prefix, i, m.Raw)
			}
			if n := server.runs()[fmt.Sprint(prefix, i)]; n != 1 {
				t.Errorf("%s%d ran %d times", prefix, i, n)
			}
		}
	}
	works := func(m jsonrpc.Message) bool { return outcome(m) == "result" }
	hanging := calls("hang", 32)
	check("before", calls("before", 32), works)
	until(t, "the calls hang", func() bool { return len(server.runs()) == 64 })
	server.kill()
	check("hang", hanging, func(m jsonrpc.Message) bool {
		return strings.HasPrefix(outcome(m), "error") && strings.Contains(string(m.Raw), "may have run")
	})
	server.start()
	check("after", calls("after", 32), works)
	c.finish(nil)
}
