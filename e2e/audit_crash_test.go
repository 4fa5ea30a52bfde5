package e2e

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"ucbridge/bridge/emulator"
)

// ledger is an MCP server that notes the argument n of each call that it runs.
type ledger struct {
	mu  sync.Mutex
	ran []string
	// kill ends the bridge, from within the call last.
	kill func()
	last string
}

func (l *ledger) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodPost {
		http.Error(w, "no stream", http.StatusMethodNotAllowed)
		return
	}
	var m struct {
		ID     json.RawMessage
		Method string
		Params struct{ Arguments struct{ N string } }
	}
	if err := json.NewDecoder(r.Body).Decode(&m); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	result := `{}`
	switch m.Method {
	case "initialize":
		result = `{"protocolVersion":"2025-06-18","capabilities":{"tools":{}},"serverInfo":{"name":"ledger","version":"1"}}`
	case "tools/call":
		l.mu.Lock()
		l.ran = append(l.ran, m.Params.Arguments.N)
		if m.Params.Arguments.N == l.last {
			l.kill()
		}
		l.mu.Unlock()
		result = `{"content":[{"type":"text","text":"ran"}]}`
	}
	if m.ID == nil {
		w.WriteHeader(http.StatusAccepted)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	fmt.Fprintf(w, `{"jsonrpc":"2.0","id":%s,"result":%s}`, m.ID, result)
}

// TestNoCallWithoutRow kills the bridge 200 times, by SIGKILL and under load. Where the
// audit log is required, each call that the server ran has a row, at whatever moment
// the process ended.
func TestNoCallWithoutRow(t *testing.T) {
	t.Parallel()
	const kills, load = 200, 16
	l := &ledger{}
	upstream := httptest.NewServer(l)
	t.Cleanup(upstream.Close)
	w, err := emulator.Start(emulator.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = w.Close() })
	w.AddConnection(emulator.Connection{Name: "ledger", MCP: true, Upstream: upstream.URL})
	dir := t.TempDir()
	log := filepath.Join(dir, "audit.jsonl")
	policy := filepath.Join(dir, "policy.yaml")
	if err := os.WriteFile(policy, []byte("audit: {file: "+log+", required: true, values: true}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	sent := 0
	for round := range kills {
		cmd := exec.CommandContext(t.Context(), ucbridge, "stdio", "--connection", "ledger", "--policy", policy)
		cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + dir, "DATABRICKS_HOST=" + w.URL(), "DATABRICKS_TOKEN=dapi-demo-ada", "DATABRICKS_CONFIG_FILE=" + os.DevNull}
		in, out := pipes(t, cmd)
		l.mu.Lock()
		l.kill = func() { _ = cmd.Process.Kill() } // it may have ended
		l.last = fmt.Sprintf("call-%d", sent+1+round%load)
		l.mu.Unlock()
		fmt.Fprintln(in, `{"jsonrpc":"2.0","id":"i","method":"initialize","params":{"protocolVersion":"2025-06-18","capabilities":{},"clientInfo":{"name":"t","version":"0"}}}`)
		if _, err := out.ReadString('\n'); err != nil {
			t.Fatal(err)
		}
		fmt.Fprintln(in, `{"jsonrpc":"2.0","method":"notifications/initialized"}`)
		for range load {
			sent++
			fmt.Fprintf(in, `{"jsonrpc":"2.0","id":%d,"method":"tools/call","params":{"name":"write","arguments":{"n":"call-%d"}}}`+"\n", sent, sent)
		}
		_, _ = io.Copy(io.Discard, out) // to its end
		_ = cmd.Wait()                  // killed
	}
	rows, err := os.ReadFile(log)
	if err != nil {
		t.Fatal(err)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.ran) < kills {
		t.Errorf("only %d calls ran", len(l.ran))
	}
	for _, n := range l.ran {
		if !strings.Contains(string(rows), `"values":{"n":"`+n+`"}`) {
			t.Errorf("%s ran and has no row", n)
		}
	}
}

// pipes starts a process and returns its stdin and stdout.
func pipes(t *testing.T, cmd *exec.Cmd) (io.Writer, *bufio.Reader) {
	t.Helper()
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return in, bufio.NewReader(out)
}
