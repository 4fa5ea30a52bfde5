package e2e

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"ucbridge/bridge/emulator"
	"ucbridge/bridge/loopbacktest"
)

// TestGrafana has a Prometheus read a gateway that some calls have gone through, and asks
// it every question of the board: each has to find something.
func TestGrafana(t *testing.T) {
	t.Parallel()
	prometheus, err := exec.LookPath("prometheus")
	if err != nil && os.Getenv("CI") == "true" {
		t.Fatal("prometheus is not installed, and CI must have it")
	} else if err != nil {
		t.Skip("prometheus is not installed")
	}
	w, err := emulator.Start(emulator.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { w.Close() })
	cmd := exec.Command(ucbridge, "serve", "--listen", "127.0.0.1:0", "--auth", "obo", "--trust-forwarded", "--user-rate", "0", "--connection", "github")
	cmd.Env = environ(t, map[string]string{"DATABRICKS_HOST": w.URL()})
	addr := start(t, cmd).await(t, `serving http://([^/]+)/`)
	use := func() {
		p := &population{t: t, url: "http://" + addr + "/mcp/github"}
		session := p.begin()
		p.post(session, `{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"echo","arguments":{"text":"a"}}}`)
		p.post(session, `{"jsonrpc":"2.0","id":3,"method":"tools/call","params":{"name":"nothing","arguments":{}}}`)
		http.Post("http://"+addr+"/mcp/github", "application/json", strings.NewReader("{}"))
	}
	use()
	dir := t.TempDir()
	config := filepath.Join(dir, "prometheus.yml")
	text := fmt.Sprintf("global: {scrape_interval: 100ms, scrape_timeout: 100ms}\nscrape_configs: [{job_name: ucbridge, static_configs: [{targets: [%q]}]}]\n", addr)
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	at := loopbacktest.UnusedAddress(t)
	start(t, exec.Command(prometheus, "--config.file="+config, "--storage.tsdb.path="+filepath.Join(dir, "data"), "--web.listen-address="+at)).await(t, `(Server is ready)`)
	ask := func(query string) int {
		resp, err := http.Get("http://" + at + "/api/v1/query?query=" + url.QueryEscape(query))
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		var answer struct {
			Status, Error string
			Data          struct{ Result []json.RawMessage }
		}
		if err := json.NewDecoder(resp.Body).Decode(&answer); err != nil {
			t.Fatal(err)
		}
		if answer.Status != "success" {
			t.Errorf("%s: %s", query, answer.Error)
		}
		return len(answer.Data.Result)
	}
	// A rate needs two looks, with a call between them: what is asked is repeated until
	// Prometheus has had them.
	raw, err := os.ReadFile("../dist/grafana.json")
	if err != nil {
		t.Fatal(err)
	}
	var board struct {
		Panels []struct {
			Title   string
			Targets []struct{ Expr string }
		}
	}
	if err := json.Unmarshal(raw, &board); err != nil || len(board.Panels) == 0 {
		t.Fatalf("the board: %v", err)
	}
	values := strings.NewReplacer("$__rate_interval", "1m", "$__range", "1m", "$path", ".*")
	deadline := time.Now().Add(patience)
	for _, panel := range board.Panels {
		for _, target := range panel.Targets {
			query := values.Replace(target.Expr)
			for ask(query) == 0 && !t.Failed() {
				if time.Now().After(deadline) {
					t.Errorf("%s: nothing is found by %s", panel.Title, query)
					break
				}
				use()
				time.Sleep(50 * time.Millisecond) // half of a look
			}
		}
	}
}
