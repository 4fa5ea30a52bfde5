package e2e

import (
	"archive/zip"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"ucbridge/bridge/emulator"
)

// TestBundleOnWindows starts the Windows program of an MCPB bundle under Wine, as a client
// on Windows does: its manifest substituted by the format's own library with a folder of
// that system.
func TestBundleOnWindows(t *testing.T) {
	t.Parallel()
	run := os.Getenv("WINE_RUN")
	if run == "" {
		t.Skip("make wine runs this")
	}
	dir := t.TempDir()
	pack := exec.CommandContext(t.Context(), "go", "run", "./dist", "-version", releaseVersion,
		"-repository", "https://github.com/OWNER/ucbridge", "-o", filepath.Join(dir, "dist"), "windows/amd64")
	pack.Dir = ".."
	if out, err := pack.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	unpacked := filepath.Join(dir, "Claude Extensions", "ucbridge")
	bundle := ok(zip.OpenReader(filepath.Join(dir, "dist", "ucbridge_"+releaseVersion+"_windows_amd64.mcpb")))(t)
	defer bundle.Close()
	if err := os.CopyFS(unpacked, bundle); err != nil {
		t.Fatal(err)
	}
	w := ok(emulator.Start(emulator.Options{}))(t)
	defer w.Close()
	settings := string(ok(json.Marshal(map[string]any{"connection": "github", "profile": "", "host": w.URL()}))(t))
	var server mcpServer
	if err := json.Unmarshal(runNode(t, "mcpbconfig.mjs", unpacked, settings, `\`, `Z:`+strings.ReplaceAll(unpacked, "/", `\`)), &server); err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(server.Command, `Z:\`) || !strings.HasSuffix(server.Command, "ucbridge.exe") {
		t.Errorf("command %q", server.Command)
	}
	server.Args = slices.Insert(server.Args, 0, server.Command)
	server.Command = run
	server.Env["DATABRICKS_CONFIG_FILE"], server.Env["DATABRICKS_TOKEN"] = "NUL", "dapi-demo-ada"
	server.Env["UCBRIDGE_CACHE_DIR"] = t.TempDir()
	useTools(t, server)
}
