package e2e

import (
	"crypto/tls"
	"encoding/pem"
	"net"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// blackHoleDeadline is how long a person may have to wait until a connection that leads
// nowhere is told.
const blackHoleDeadline = 35 * time.Second

// insideBlackHole says that this process has a network of its own.
const insideBlackHole = "E2E_INSIDE_BLACK_HOLE"

// TestBlackHole runs the tests of packets that vanish in a network namespace of its
// own, where a firewall may be set.
func TestBlackHole(t *testing.T) {
	t.Parallel()
	for _, program := range []string{"unshare", "ip", "nft"} {
		boxProgram(t, program)
	}
	switch root := os.Getuid() == 0; {
	case !root && os.Getenv("CI") == "true":
		t.Fatal("a firewall is root's to set, and CI must be root")
	case !root:
		t.Skip("a firewall is root's to set")
	}
	cmd := exec.Command("unshare", "--net", os.Args[0], "-test.run", "^TestInsideBlackHole$", "-test.v", "-test.parallel", "4")
	cmd.Env = append(os.Environ(), insideBlackHole+"=yes", "UCBRIDGE_BIN="+ucbridge)
	out, err := cmd.CombinedOutput()
	if err != nil || !strings.Contains(string(out), "--- PASS: TestInsideBlackHole") {
		t.Errorf("%v\n%s", err, out)
	}
}

// TestInsideBlackHole makes calls on connections of which every packet is dropped,
// before the call and in the midst of it, over both versions of HTTP.
func TestInsideBlackHole(t *testing.T) {
	if os.Getenv(insideBlackHole) == "" {
		t.Skip("TestBlackHole runs it in a network of its own")
	}
	netCommand(t, "ip", "link", "set", "lo", "up")
	netCommand(t, "nft", "add", "table", "inet", "holes")
	netCommand(t, "nft", "add", "chain", "inet", "holes", "out", "{ type filter hook output priority 0; }")
	for _, protocol := range []string{"http/1.1", "h2"} {
		for _, moment := range []string{"idle", "in a call"} {
			t.Run(protocol+" "+moment, func(t *testing.T) {
				t.Parallel()
				fallInto(t, protocol, moment == "in a call")
			})
		}
	}
}

// fallInto has the connections to a workspace lead nowhere, and makes a call.
func fallInto(t *testing.T, protocol string, amidst bool) {
	server, w := startBoxServer(t)
	host, certificate := secureFront(t, w.URL(), protocol)
	c := startStdio(t, host, map[string]string{"UCBRIDGE_CA_FILE": certificate})
	if got := c.call("before", "json"); !strings.Contains(got, "did before") {
		t.Fatalf("before: %s", got)
	}
	_, port, err := net.SplitHostPort(strings.TrimPrefix(host, "https://"))
	if err != nil {
		t.Fatal(err)
	}
	drop := func() { netCommand(t, "nft", "add", "rule", "inet", "holes", "out", "tcp", "sport", port, "drop") }
	var answer <-chan string
	if amidst {
		answer = c.begin(callFormat("in it", "wait"))
		<-server.arrived
		drop()
	} else {
		drop()
		answer = c.begin(callFormat("in it", "json"))
	}
	began := time.Now()
	select {
	case got := <-answer:
		t.Logf("told after %s: %s", time.Since(began).Round(100*time.Millisecond), got)
		if !strings.Contains(got, "may have run") || !strings.Contains(got, " is dead: ") || strings.Contains(got, "call-timeout") || strings.Contains(got, "silent for") {
			t.Errorf("got %s", got)
		}
	case <-time.After(blackHoleDeadline):
		t.Errorf("not told within %s", blackHoleDeadline)
	}
	if n := server.times("in it"); n > 1 {
		t.Errorf("the call ran %d times", n)
	}
}

func netCommand(t *testing.T, name string, args ...string) {
	t.Helper()
	if out, err := exec.Command(name, args...).CombinedOutput(); err != nil {
		t.Fatalf("%s %v: %v\n%s", name, args, err, out)
	}
}

// secureFront serves a workspace over TLS and one version of HTTP, and returns its
// address and the file with its certificate.
func secureFront(t *testing.T, workspace, protocol string) (host, certificate string) {
	t.Helper()
	to, err := url.Parse(workspace)
	if err != nil {
		t.Fatal(err)
	}
	front := httptest.NewUnstartedServer(&httputil.ReverseProxy{
		Rewrite:       func(r *httputil.ProxyRequest) { r.SetURL(to) },
		FlushInterval: -1,
	})
	front.EnableHTTP2 = protocol == "h2"
	front.TLS = &tls.Config{NextProtos: []string{protocol}}
	front.StartTLS()
	t.Cleanup(front.CloseClientConnections)
	certificate = filepath.Join(t.TempDir(), "ca.pem")
	raw := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: front.Certificate().Raw})
	if err := os.WriteFile(certificate, raw, 0o600); err != nil {
		t.Fatal(err)
	}
	return front.URL, certificate
}
