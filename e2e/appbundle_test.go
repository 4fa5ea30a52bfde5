package e2e

import (
	"bufio"
	"encoding/json"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/databricks/databricks-sdk-go/service/apps"
	"github.com/google/go-cmp/cmp"
)

// cliWorkspace is the workspace that the makers of the Databricks CLI test it against.
type cliWorkspace struct {
	url string

	mu       sync.Mutex
	requests []string // method, path, and the body if it is JSON
}

func newCLIWorkspace(t *testing.T) *cliWorkspace {
	t.Helper()
	program, err := filepath.Abs("../bin/databricks-testserver")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(program); err != nil {
		t.Skip("the Databricks CLI's test server is not built: make bin/databricks-testserver")
	}
	cmd := exec.Command(program)
	stdin := ok(cmd.StdinPipe())(t)
	lines := bufio.NewReader(ok(cmd.StdoutPipe())(t))
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	w := &cliWorkspace{url: strings.TrimSpace(ok(lines.ReadString('\n'))(t))}
	read := make(chan struct{})
	go func() {
		defer close(read)
		for {
			line, err := lines.ReadString('\n')
			if err != nil {
				return
			}
			w.mu.Lock()
			w.requests = append(w.requests, strings.TrimSpace(line))
			w.mu.Unlock()
		}
	}()
	t.Cleanup(func() {
		stdin.Close()
		<-read
		cmd.Wait()
	})
	return w
}

// take returns the requests that begin with prefix, without it, since the last take.
func (w *cliWorkspace) take(prefix string) []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	var found []string
	for _, r := range w.requests {
		if rest, ok := strings.CutPrefix(r, prefix); ok {
			found = append(found, rest)
		}
	}
	return found
}

func (w *cliWorkspace) forget() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.requests = nil
}

// TestAppBundle has the Databricks CLI check, deploy and run the bundle, as its comment
// tells to.
func TestAppBundle(t *testing.T) {
	t.Parallel()
	cli, w := databricksCLI(t), newCLIWorkspace(t)
	dir := filepath.Join(t.TempDir(), "app")
	if out, err := exec.Command("make", "-C", "..", "app", "APP="+dir).CombinedOutput(); err != nil {
		t.Fatalf("make app: %v\n%s", err, out)
	}
	home := t.TempDir()
	run := func(args ...string) string {
		t.Helper()
		cmd := exec.CommandContext(t.Context(), cli, append([]string{"bundle"}, args...)...)
		cmd.Dir = dir
		cmd.Env = []string{
			"HOME=" + home, "PATH=/usr/bin:/bin", "DATABRICKS_HOST=" + w.url, "DATABRICKS_TOKEN=dapi-test",
			"BUNDLE_VAR_connection=main.tools.jira", "BUNDLE_VAR_mcp_service=main.tools.drive",
		}
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("bundle %q: %v\n%s", args, err, out)
		}
		return string(out)
	}
	// uploaded are the App's files that a deploy sent.
	uploaded := func() []string {
		var names []string
		for _, r := range w.take("POST /api/2.0/workspace-files/import-file/") {
			if place, _, _ := strings.Cut(r, "?"); strings.Contains(place, "/files/") {
				names = append(names, path.Base(place))
			}
		}
		slices.Sort(names)
		return names
	}

	if out := run("validate", "--strict"); !strings.Contains(out, "Validation OK!") {
		t.Errorf("validate: %s", out)
	}
	run("deploy")
	if diff := cmp.Diff([]string{"app.yaml", "databricks.yml", "start.sh", "ucbridge.gz.aa"}, uploaded()); diff != "" {
		t.Errorf("files of the first deploy (-want +got):\n%s", diff)
	}
	var app apps.App
	if created := w.take("POST /api/2.0/apps?no_compute=true "); len(created) != 1 || json.Unmarshal([]byte(created[0]), &app) != nil {
		t.Fatalf("apps created: %q", created)
	}
	if got := app.Resources[0].UcSecurable.SecurableFullName; got != "main.tools.jira" {
		t.Errorf("the App's connection is %q", got)
	}
	w.forget()
	run("deploy")
	if again := uploaded(); len(again) > 0 {
		t.Errorf("the second deploy uploads %q", again)
	}

	run("run", "gateway")
	var deployment apps.AppDeployment
	if deployed := w.take("POST /api/2.0/apps/mcp-ucbridge/deployments "); len(deployed) != 1 || json.Unmarshal([]byte(deployed[0]), &deployment) != nil {
		t.Fatalf("deployments: %q", deployed)
	}
	env := map[string]string{}
	for _, v := range deployment.EnvVars {
		env[v.Name] = v.Value + v.ValueFrom
	}
	want := map[string]string{"UCBRIDGE_AUTH": "obo", "UCBRIDGE_CONNECTION": "connection", "UCBRIDGE_MCP_SERVICE": "main.tools.drive"}
	if diff := cmp.Diff(want, env); diff != "" || !slices.Equal(deployment.Command, []string{"sh", "start.sh", "serve"}) {
		t.Errorf("runs %q with (-want +got):\n%s", deployment.Command, diff)
	}
}
