package e2e

import (
	"bytes"
	"encoding/json"
	"io/fs"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/databricks/databricks-sdk-go/service/apps"
	"sigs.k8s.io/yaml"

	"ucbridge/bridge/emulator"
	"ucbridge/bridge/loopbacktest"
)

// appFile is app.yaml ("Configure Databricks app execution with app.yaml").
type appFile struct {
	Command []string `json:"command"`
	Env     []struct {
		Name      string `json:"name"`
		Value     string `json:"value"`
		ValueFrom string `json:"valueFrom"`
	} `json:"env"`
}

// bundleFile is databricks.yml as far as it is used. An app in a bundle is what the
// API takes, and where its files are.
type bundleFile struct {
	Bundle struct {
		Name string `json:"name"`
	} `json:"bundle"`
	Variables map[string]struct {
		Description string `json:"description"`
		Default     string `json:"default"`
	} `json:"variables"`
	Sync struct {
		Include []string `json:"include"`
	} `json:"sync"`
	Resources struct {
		Apps map[string]bundledApp `json:"apps"`
	} `json:"resources"`
	Targets map[string]struct {
		Default bool `json:"default"`
	} `json:"targets"`
}

type bundledApp struct {
	Name           string             `json:"name"`
	Description    string             `json:"description"`
	SourceCodePath string             `json:"source_code_path"`
	Config         appConfig          `json:"config"`
	Resources      []apps.AppResource `json:"resources"`
	UserAPIScopes  []string           `json:"user_api_scopes"`
}

// appConfig says in a bundle what app.yaml says.
type appConfig struct {
	Command []string `json:"command"`
	Env     []struct {
		Name      string `json:"name"`
		Value     string `json:"value"`
		ValueFrom string `json:"value_from"`
	} `json:"env"`
}

// largestAppFile is the limit of Databricks Apps, in bytes.
const largestAppFile = 10 << 20

// appStop is how long after SIGTERM an App is killed.
const appStop = 15 * time.Second

// TestApp packs the app and starts it as Databricks does.
func TestApp(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "app")
	if out, err := exec.Command("make", "-C", "..", "app", "APP="+dir).CombinedOutput(); err != nil {
		t.Fatalf("make app: %v\n%s", err, out)
	}
	checkAppFiles(t, dir)
	var app appFile
	readYAML(t, filepath.Join(dir, "app.yaml"), &app)
	var bundle bundleFile
	readYAML(t, filepath.Join(dir, "databricks.yml"), &bundle)

	checkSameApp(t, app, bundle)

	w, err := emulator.Start(emulator.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { w.Close() })
	port := loopbacktest.UnusedPort(t)
	env := map[string]string{
		"DATABRICKS_APP_NAME": bundle.Resources.Apps["gateway"].Name, "DATABRICKS_APP_PORT": port,
		"DATABRICKS_HOST": w.URL(), "DATABRICKS_WORKSPACE_ID": w.ID(),
		"DATABRICKS_CLIENT_ID": "demo-client", "DATABRICKS_CLIENT_SECRET": "demo-secret", "TMPDIR": t.TempDir(),
	}
	for _, v := range app.Env {
		env[v.Name] = v.Value
		if v.ValueFrom != "" {
			env[v.Name] = bundle.connection(t, v.ValueFrom)
		}
	}
	cmd := exec.Command(app.Command[0], app.Command[1:]...)
	cmd.Dir, cmd.Env = dir, environ(t, env)
	said := new(bytes.Buffer)
	cmd.Stdout, cmd.Stderr = said, said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cmd.Process.Kill() })
	awaitListener(t, "127.0.0.1:"+port)

	base := "http://127.0.0.1:" + port
	if status, body := ask(t, http.MethodGet, base+"/readyz", "", ""); status != http.StatusOK {
		t.Errorf("/readyz: %d %s", status, body)
	}
	for _, path := range []string{"/mcp/github", "/mcp-services/system.ai.github"} {
		status, body := ask(t, http.MethodPost, base+path, "dapi-demo-ada",
			`{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-06-18","capabilities":{},"clientInfo":{"name":"app","version":"1"}}}`)
		if status != http.StatusOK || !strings.Contains(body, `"serverInfo"`) {
			t.Errorf("initialize at %s: %d %s", path, status, body)
		}
	}
	if status, body := ask(t, http.MethodGet, base+"/", "dapi-demo-ada", ""); status != http.StatusOK || !strings.Contains(body, "ada@example.com") {
		t.Errorf("the page: %d %s", status, body)
	}

	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	late := time.AfterFunc(appStop, func() { cmd.Process.Kill() })
	defer late.Stop()
	if err := cmd.Wait(); err != nil {
		t.Errorf("the app's end: %v\n%s", err, said)
	}
	if strings.Contains(said.String(), "dapi") || strings.Contains(said.String(), "demo-secret") {
		t.Errorf("a secret is logged:\n%s", said)
	}
}

// connection is what a connection that is a resource of the app is called.
func (b bundleFile) connection(t *testing.T, key string) string {
	t.Helper()
	for _, r := range b.Resources.Apps["gateway"].Resources {
		if r.Name == key && r.UcSecurable != nil && r.UcSecurable.SecurableType == apps.AppResourceUcSecurableUcSecurableTypeConnection &&
			r.UcSecurable.Permission == apps.AppResourceUcSecurableUcSecurablePermissionUseConnection {
			name := r.UcSecurable.SecurableFullName
			if variable, ok := strings.CutPrefix(name, "${var."); ok {
				return b.Variables[strings.TrimSuffix(variable, "}")].Default
			}
			return name
		}
	}
	t.Fatalf("no connection is the resource %q of the app", key)
	return ""
}

// checkSameApp holds app.yaml and the bundle to the same settings, which the bundle's
// variables stand in for.
func checkSameApp(t *testing.T, app appFile, bundle bundleFile) {
	t.Helper()
	config := bundle.Resources.Apps["gateway"].Config
	if !slices.Equal(config.Command, app.Command) || len(config.Env) != len(app.Env) {
		t.Fatalf("app.yaml says %+v, the bundle %+v", app, config)
	}
	for i, v := range config.Env {
		value := v.Value
		if variable, ok := strings.CutPrefix(value, "${var."); ok {
			value = bundle.Variables[strings.TrimSuffix(variable, "}")].Default
		}
		if want := app.Env[i]; v.Name != want.Name || value != want.Value || v.ValueFrom != want.ValueFrom {
			t.Errorf("app.yaml says %+v, the bundle %+v", want, v)
		}
	}
}

// checkAppFiles takes away what an upload may take away, and checks the sizes.
func checkAppFiles(t *testing.T, dir string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		if info.Size() > largestAppFile {
			t.Errorf("%s has %d bytes", path, info.Size())
		}
		return os.Chmod(path, 0o444)
	})
	if err != nil {
		t.Fatal(err)
	}
}

// readYAML reads a file of which every member must be known.
func readYAML(t *testing.T, path string, into any) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err == nil {
		err = yaml.UnmarshalStrict(text, into, func(d *json.Decoder) *json.Decoder { d.DisallowUnknownFields(); return d })
	}
	if err != nil {
		t.Fatalf("%s: %v", path, err)
	}
}
