package main

import (
	"encoding/pem"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
)

// TestProxyAndAuthority: the program reaches a workspace by the proxy that the environment
// names, and trusts it by a file as editors on Windows write it. Without the file it says
// what to do.
func TestProxyAndAuthority(t *testing.T) {
	t.Parallel()
	behind, err := url.Parse(workspace(t).URL())
	if err != nil {
		t.Fatal(err)
	}
	forward := httputil.NewSingleHostReverseProxy(behind)
	forward.FlushInterval = -1
	server := httptest.NewUnstartedServer(forward)      // its certificate is for example.com
	server.Config.ErrorLog = log.New(io.Discard, "", 0) // it is not trusted once
	server.StartTLS()
	t.Cleanup(server.Close)
	proxy := &tunnels{to: server.Listener.Addr().String()}
	way := httptest.NewServer(proxy)
	t.Cleanup(way.Close)

	home := filepath.Join(t.TempDir(), "Jürgen Müller")
	// Credentials go to such a host only where the user's own file names it.
	write(t, filepath.Join(home, ".databrickscfg"), "\ufeff[DEFAULT]\r\nhost = https://example.com\r\ntoken = "+demoToken+"\r\n")
	text := string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw}))
	authority := filepath.Join(home, "our authority.pem")
	write(t, authority, "\ufeff"+strings.ReplaceAll(text, "\n", "\r\n"))
	env := append(userFolders(home), "HTTPS_PROXY="+way.URL, "NO_PROXY=", "UCBRIDGE_CACHE_DIR="+filepath.Join(home, "cache"))

	if out, err := process(t, env, "call", "echo", "text=by the proxy", "--connection", "github", "--ca-file", authority).Output(); err != nil || strings.TrimSpace(string(out)) != "by the proxy" {
		t.Errorf("%q, %v", out, err)
	}
	if proxy.count.Load() == 0 {
		t.Error("the proxy was passed by")
	}
	untrusting := process(t, env, "call", "echo", "text=x", "--connection", "github")
	out, err := untrusting.Output()
	said := untrusting.Stderr.(interface{ String() string }).String()
	if err == nil || !strings.Contains(said, "--ca-file") || strings.Contains(said, demoToken) {
		t.Errorf("without the authority: %q, %v; %s", out, err, said)
	}
}

// tunnels is a proxy that leads every CONNECT to one place.
type tunnels struct {
	to    string
	count atomic.Int32
}

func (p *tunnels) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodConnect || r.Host != "example.com:443" {
		http.Error(w, "not for you", http.StatusForbidden)
		return
	}
	p.count.Add(1)
	there, err := net.Dial("tcp", p.to)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadGateway)
		return
	}
	defer there.Close()
	w.WriteHeader(http.StatusOK)
	here, buffered, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return
	}
	defer here.Close()
	var group sync.WaitGroup
	group.Go(func() { _, _ = io.Copy(there, buffered); there.Close() })
	group.Go(func() { _, _ = io.Copy(here, there); here.Close() })
	group.Wait()
}
