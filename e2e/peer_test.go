package e2e

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os/exec"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"ucbridge/bridge/loopbacktest"
)

// patience bounds every wait for a program. It is long because it only matters
// when something is broken.
const patience = 10 * time.Minute

// startEverything starts server-everything, the reference server of the MCP
// project, and returns its URL.
func startEverything(t *testing.T) string {
	t.Helper()
	cmd := exec.Command(nodePath(t), "--require", "./loopback.cjs", everythingJS, "streamableHttp")
	cmd.Env = environ(t, map[string]string{"PORT": "0"})
	said := start(t, cmd)
	return "http://" + said.await(t, `listening on (127\.0\.0\.1:\d+)`) + "/mcp"
}

// startGoEverything starts the everything-server of the Go SDK, with sessions,
// and returns its URL. With sessions it knows the revisions with a handshake only.
func startGoEverything(t *testing.T) string {
	t.Helper()
	return startGoServer(t, false)
}

// startBothEras starts the same server without sessions: it speaks the revisions
// with a handshake, and 2026-07-28.
func startBothEras(t *testing.T) string {
	t.Helper()
	return startGoServer(t, true)
}

func startGoServer(t *testing.T, stateless bool) string {
	t.Helper()
	addr := loopbacktest.UnusedAddress(t)
	startGoServerAt(t, addr, stateless)
	return "http://" + addr + "/"
}

// startGoServerAt starts it at an address, and returns what kills it: the server neither
// takes a listener nor says which port it got.
func startGoServerAt(t *testing.T, addr string, stateless bool) (kill func()) {
	t.Helper()
	cmd := exec.Command(goEverything, "-http="+addr, fmt.Sprintf("-stateless=%t", stateless))
	start(t, cmd)
	awaitListener(t, addr)
	return func() {
		cmd.Process.Kill()
		cmd.Wait()
	}
}

// start runs cmd until the test is over and returns what it prints. That is shown
// when the test fails.
func start(t *testing.T, cmd *exec.Cmd) *output {
	t.Helper()
	said := &output{more: make(chan struct{})}
	cmd.Stdout, cmd.Stderr = said, said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cmd.Process.Kill()
		cmd.Wait()
		if t.Failed() {
			t.Logf("%s said:\n%s", cmd, said)
		}
	})
	return said
}

// awaitListener returns when something accepts connections at addr.
func awaitListener(t *testing.T, addr string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	for wait := time.Millisecond; ; wait *= 2 {
		conn, err := new(net.Dialer).DialContext(ctx, "tcp", addr)
		if err == nil {
			conn.Close()
			return
		}
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			t.Fatalf("nothing listens at %s: %v", addr, err)
		}
	}
}

// output collects what a process prints.
type output struct {
	mu   sync.Mutex
	text bytes.Buffer
	more chan struct{} // closed, and replaced, at each write
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	close(o.more)
	o.more = make(chan struct{})
	return o.text.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}

// await returns the first group of pattern as soon as the process has printed
// what it matches.
func (o *output) await(t *testing.T, pattern string) string {
	t.Helper()
	re := regexp.MustCompile(pattern)
	deadline := time.After(patience)
	for {
		o.mu.Lock()
		found, more := re.FindSubmatch(o.text.Bytes()), o.more
		o.mu.Unlock()
		if found != nil {
			return string(found[1])
		}
		select {
		case <-more:
		case <-deadline:
			t.Fatalf("no %q in:\n%s", pattern, o)
		}
	}
}

// ask sends one request, as the front door of a Databricks App does for the owner of
// the token, and returns the status and body of its answer.
func ask(t *testing.T, method, url, token, body string) (int, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Accept", "application/json, text/event-stream")
	if token != "" {
		req.Header.Set("X-Forwarded-Access-Token", token)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(answer)
}
