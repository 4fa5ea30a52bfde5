package e2e

import (
	"bufio"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"ucbridge/bridge/emulator"
)

// startServe starts ucbridge serve before the connection "everything", for callers with
// a token of their own, and returns where it listens.
func startServe(t *testing.T, w *emulator.Workspace, args ...string) string {
	t.Helper()
	cmd := exec.Command(ucbridge, append([]string{"serve", "--listen", "127.0.0.1:0", "--auth", "obo", "--trust-forwarded",
		"--user-rate", "0", "--user-calls", "0", "--log-file", filepath.Join(t.TempDir(), "log"), "--connection", "everything"}, args...)...)
	cmd.Env = environ(t, map[string]string{"DATABRICKS_HOST": w.URL()})
	return start(t, cmd).await(t, `serving http://([^/]+)/`)
}

// boxCaller is a client of ucbridge serve behind a box.
type boxCaller struct {
	t      *testing.T
	url    string
	client *http.Client
	header map[string]string
}

func newBoxCaller(t *testing.T, at string) *boxCaller {
	transport := &http.Transport{MaxIdleConnsPerHost: crowdCallers, DisableCompression: true}
	t.Cleanup(transport.CloseIdleConnections)
	return &boxCaller{t: t, url: "http://" + at + "/mcp/everything", client: &http.Client{Transport: transport}}
}

// post sends a message and returns the answer, whose body is the caller's to close.
func (c *boxCaller) post(message string) (*http.Response, error) {
	req, err := http.NewRequestWithContext(c.t.Context(), http.MethodPost, c.url, strings.NewReader(message))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Accept", "application/json, text/event-stream")
	req.Header.Set("X-Forwarded-Access-Token", "dapi-demo-ada")
	for name, value := range c.header {
		req.Header[name] = []string{value}
	}
	return c.client.Do(req)
}

// ask returns the body of the answer; what is no answer of ucbridge is an error.
func (c *boxCaller) ask(message string) (string, error) {
	resp, err := c.post(message)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK || !strings.Contains(string(body), `"jsonrpc"`) {
		return "", fmt.Errorf("%w: HTTP %d, %v, %.200s", errCallLost, resp.StatusCode, err, body)
	}
	return string(body), nil
}

// TestBoxBeforeServe has each box, with what dist/proxies says, stand before ucbridge
// serve: a list, a large call, a header that some drop, the names on the page, and 64
// callers during three reloads.
func TestBoxBeforeServe(t *testing.T) {
	eachBox(t, func(t *testing.T, b box) {
		server, w := startBoxServer(t)
		site := b.start(t, startServe(t, w), cmpLimit(b))
		c := newBoxCaller(t, site.listen)
		if got, err := c.ask(fmt.Sprintf(boxList, 1)); err != nil || !strings.Contains(got, `"name":"do"`) {
			t.Errorf("tools/list: %s %v", got, err)
		}
		c.header = map[string]string{"Mcp-Param-my_region": "eu"}
		large := strings.Repeat("x", 2<<20)
		if got, err := c.ask(boxCall(2, "large", large)); err != nil || !strings.Contains(got, "did large") {
			t.Errorf("2 MiB: %.300s %v", got, err)
		}
		if got := server.regions; len(got) != 1 || got[0] != "eu" {
			t.Errorf("a header with an underscore arrives as %q", got)
		}
		c.header = map[string]string{"Mcp-Param-Text": strings.Repeat("x", 12<<10)}
		if got, err := c.ask(boxCall(3, "long header", "json")); err != nil || !strings.Contains(got, "did long header") {
			t.Errorf("a header of 12 KiB: %.300s %v", got, err)
		}
		c.header = nil
		if _, page := ask(t, http.MethodGet, "http://"+site.listen+"/", "dapi-demo-ada", ""); !strings.Contains(page, "http://"+site.listen+"/mcp/everything") {
			t.Errorf("the page does not know that it is at %s", site.listen)
		}
		crowd := &boxCrowd{t: t, server: server, call: func(id int, key, how string) (string, error) { return c.ask(boxCall(id, key, how)) }}
		crowd.run(b, site)
	})
}

// TestBoxLetsSilenceLive has a call behind each box be silent for longer than the box
// allows, whose limit is shortened to little more than the pace of comments.
func TestBoxLetsSilenceLive(t *testing.T) {
	t.Parallel()
	waitBehindBoxes(t, 2, func(box) time.Duration { return 18 * time.Second }, "proxy", "external-function")
}

// TestBoxAtItsDefaults has a call be silent for five minutes behind boxes that nobody
// has told anything. It takes as long: make boxes.
func TestBoxAtItsDefaults(t *testing.T) {
	if os.Getenv("BOXES") != "all" {
		t.Skip("it takes five minutes: make boxes")
	}
	t.Parallel()
	waitBehindBoxes(t, 21, cmpLimit, "proxy")
}

// waitBehindBoxes makes a call behind each box and on each route that is silent but for
// so many comments, all at once: parallel tests would wait for each other.
func waitBehindBoxes(t *testing.T, comments int, limit func(box) time.Duration, routes ...string) {
	t.Helper()
	var all sync.WaitGroup
	defer all.Wait()
	for _, b := range boxes {
		for _, route := range routes {
			server, w := startBoxServer(t)
			site := b.start(t, startServe(t, w, "--call-timeout", "0", "--route", route), limit(b))
			c := newBoxCaller(t, site.listen)
			all.Go(func() {
				began := time.Now()
				liveThroughSilence(t, b.name+", "+route, server, c, comments)
				t.Logf("%s, %s: after %s", b.name, route, time.Since(began).Round(time.Second))
			})
		}
	}
}

// liveThroughSilence makes a call that is silent but for so many comments, and then
// answered.
func liveThroughSilence(t *testing.T, where string, server *boxServer, c *boxCaller, comments int) {
	t.Helper()
	resp, err := c.post(boxCall(1, "silent", "wait"))
	if err != nil {
		t.Errorf("%s: %v", where, err)
		return
	}
	defer resp.Body.Close()
	heard, answered := 0, false
	for lines := bufio.NewScanner(resp.Body); lines.Scan(); {
		line := lines.Text()
		if strings.HasPrefix(line, ":") {
			if heard++; heard == comments {
				server.release("silent")
			}
		}
		answered = answered || strings.HasPrefix(line, "data:") && strings.Contains(line, "did silent")
	}
	if heard < comments || !answered || server.times("silent") != 1 {
		t.Errorf("%s: HTTP %d, %d comments, answered %t, ran %d times", where, resp.StatusCode, heard, answered, server.times("silent"))
	}
}
