package e2e

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"ucbridge/bridge/emulator"
	"ucbridge/bridge/loopbacktest"
)

// balancer is a plain load balancer: it knows nothing of MCP, and sends each
// request to whichever replica is next.
const balancer = `daemon off;
master_process off;
pid %[1]s/nginx.pid;
error_log stderr error;
events { worker_connections 1024; }
http {
	access_log off;
	client_body_temp_path %[1]s/body;
	proxy_temp_path %[1]s/proxy;
	fastcgi_temp_path %[1]s/fastcgi;
	uwsgi_temp_path %[1]s/uwsgi;
	scgi_temp_path %[1]s/scgi;
	upstream replicas { %[3]s keepalive 32; }
	server {
		listen %[2]s;
		location / {
			proxy_pass http://replicas;
			proxy_http_version 1.1;
			proxy_set_header Connection "";
		}
	}
}
`

// startBalancer starts nginx in front of the servers and returns its address.
// Without nginx the test is skipped, but fails in CI.
func startBalancer(t *testing.T, servers []string) string {
	t.Helper()
	nginx, err := exec.LookPath("nginx")
	if err != nil && os.Getenv("CI") == "true" {
		t.Fatal("nginx is not installed, and CI must have it")
	} else if err != nil {
		t.Skip("nginx is not installed")
	}
	addr := loopbacktest.UnusedAddress(t)
	dir := t.TempDir()
	var list strings.Builder
	for _, s := range servers {
		fmt.Fprintf(&list, "server %s; ", s)
	}
	file := filepath.Join(dir, "nginx.conf")
	if err := os.WriteFile(file, fmt.Appendf(nil, balancer, dir, addr, list.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	start(t, exec.Command(nginx, "-c", file, "-p", dir))
	awaitListener(t, addr)
	return addr
}

// TestReplicas runs three replicas behind nginx and kills one in the middle of
// many writes. Each write that was acknowledged must have happened once, none may
// have happened twice, and nobody may get another's answer. Sessions outlive the
// replica through which they began.
func TestReplicas(t *testing.T) {
	t.Parallel()
	const callers, each, killAfter = 24, 60, 400
	w, err := emulator.Start(emulator.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { w.Close() })
	var replicas []*exec.Cmd
	var addrs []string
	for range 3 {
		cmd := exec.Command(ucbridge, "serve", "--listen", "127.0.0.1:0", "--auth", "obo", "--trust-forwarded", "--user-rate", "0", "--connection", "github")
		cmd.Env = environ(t, map[string]string{"DATABRICKS_HOST": w.URL()})
		addrs = append(addrs, start(t, cmd).await(t, `serving http://([^/]+)/`))
		replicas = append(replicas, cmd)
	}
	p := &population{t: t, url: "http://" + startBalancer(t, addrs) + "/mcp/github", acknowledged: make(map[string]bool)}
	var all sync.WaitGroup
	for c := range callers {
		all.Go(func() {
			session := p.begin()
			for n := range each {
				p.write(session, fmt.Sprintf("issue-%d-%d", c, n), c*each+n+2)
				if p.written.Add(1) == killAfter {
					if err := replicas[1].Process.Kill(); err != nil {
						t.Error(err)
					}
				}
			}
		})
	}
	all.Wait()
	if lost := callers*each - len(p.acknowledged); lost > callers {
		t.Errorf("%d writes were lost, by %d callers", lost, callers)
	}
	t.Logf("%d of %d writes were acknowledged", len(p.acknowledged), callers*each)
	made := p.issues(p.begin())
	for title, times := range made {
		if times != 1 {
			t.Errorf("%s was made %d times", title, times)
		}
	}
	for title := range p.acknowledged {
		if made[title] != 1 {
			t.Errorf("%s was acknowledged and made %d times", title, made[title])
		}
	}
	if ran := w.Executions("create_issue"); ran != len(made) {
		t.Errorf("create_issue ran %d times, and made %d issues", ran, len(made))
	}
}

// population is many callers of one gateway.
type population struct {
	t       *testing.T
	url     string
	written atomic.Int64

	mu           sync.Mutex
	acknowledged map[string]bool // by title
}

func (p *population) post(session, message string) (*http.Response, []byte, error) {
	req, err := http.NewRequestWithContext(p.t.Context(), http.MethodPost, p.url, strings.NewReader(message))
	if err != nil {
		return nil, nil, err
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Accept", "application/json, text/event-stream")
	req.Header.Set("X-Forwarded-Access-Token", "dapi-demo-ada")
	if session != "" {
		req.Header.Set("Mcp-Session-Id", session)
	}
	resp, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		return nil, nil, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	return resp, body, err
}

// begin begins a session.
func (p *population) begin() string {
	p.t.Helper()
	resp, body, err := p.post("", `{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-06-18","capabilities":{},"clientInfo":{"name":"population","version":"1"}}}`)
	if err != nil || resp.StatusCode != http.StatusOK {
		p.t.Errorf("initialize: %v %s", err, body)
		return ""
	}
	return resp.Header.Get("Mcp-Session-Id")
}

// write makes an issue. The balancer's own 502 tells nothing about it.
func (p *population) write(session, title string, id int) {
	resp, body, err := p.post(session, fmt.Sprintf(
		`{"jsonrpc":"2.0","id":%d,"method":"tools/call","params":{"name":"create_issue","arguments":{"owner":"octo","repo":"hello-mcp","title":%q}}}`, id, title))
	switch {
	case err != nil:
		p.t.Errorf("%s: %v", title, err)
	case resp.StatusCode == http.StatusBadGateway && !bytes.Contains(body, []byte("jsonrpc")):
	case resp.StatusCode != http.StatusOK || !bytes.Contains(body, fmt.Appendf(nil, `"id":%d,`, id)) || !bytes.Contains(body, []byte(title+`\"`)):
		p.t.Errorf("%s: %d %s", title, resp.StatusCode, body)
	default:
		p.mu.Lock()
		p.acknowledged[title] = true
		p.mu.Unlock()
	}
}

// issues returns how often each title is among the issues that were made here.
func (p *population) issues(session string) map[string]int {
	p.t.Helper()
	_, body, err := p.post(session, `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"list_issues","arguments":{"owner":"octo","repo":"hello-mcp"}}}`)
	if err != nil {
		p.t.Fatal(err)
	}
	var answer struct {
		Result struct {
			Content []struct{ Text string }
		}
	}
	var issues []struct{ Title string }
	if err := json.Unmarshal(body, &answer); err != nil || len(answer.Result.Content) == 0 {
		p.t.Fatalf("list_issues: %v %.300s", err, body)
	}
	if err := json.Unmarshal([]byte(answer.Result.Content[0].Text), &issues); err != nil {
		p.t.Fatalf("list_issues: %v in %.300s", err, answer.Result.Content[0].Text)
	}
	made := make(map[string]int)
	for _, i := range issues {
		if strings.HasPrefix(i.Title, "issue-") {
			made[i.Title]++
		}
	}
	return made
}
