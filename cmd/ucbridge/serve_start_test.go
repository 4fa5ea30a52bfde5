package main

import (
	"bufio"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"ucbridge/bridge/emulator"
	"ucbridge/bridge/sharedfile/sharedfiletest"
)

// TestServeStart: whoever starts a gateway is told which target is not there; a token
// that is kept in a file stays the same, and is printed once.
func TestServeStart(t *testing.T) {
	t.Parallel()
	w := workspace(t)
	file := filepath.Join(t.TempDir(), "token")
	var said [2][]string
	for i := range said {
		said[i] = serveOnce(t, w, file)
	}
	kept, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	token := strings.TrimSpace(string(kept))
	for i, lines := range said {
		text := strings.Join(lines, "\n")
		if !strings.Contains(text, "Authorization: Bearer "+token+"\n") || strings.Count(text, token) != 1 {
			t.Errorf("start %d: the token is %s, printed\n%s", i, token, text)
		}
	}
	sharedfiletest.OnlyOwner(t, file)
	if err := os.WriteFile(file, []byte("short"), 0o600); err != nil {
		t.Fatal(err)
	}
	if code, _, stderr := invoke(t, "serve", "--connection", "github", "--token-file", file); code != exitUsage || !strings.Contains(stderr, "holds no token") {
		t.Errorf("a token of 5 characters: exit code %d, %s", code, stderr)
	}
}

// serveOnce starts a gateway, waits until it has warned of the target that is not
// there, ends it, and returns what it printed.
func serveOnce(t *testing.T, w *emulator.Workspace, tokenFile string) []string {
	t.Helper()
	cmd := process(t, []string{"DATABRICKS_HOST=" + w.URL(), "DATABRICKS_TOKEN=" + demoToken, "DATABRICKS_CONFIG_FILE=" + os.DevNull},
		"serve", "--listen", "127.0.0.1:0", "--connection", "github", "--connection", "githb", "--token-file", tokenFile)
	cmd.Stderr = nil
	errors, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	d := start(t, cmd)
	warned, hinted := false, false
	for lines := bufio.NewScanner(errors); !hinted && lines.Scan(); {
		warned = warned || lines.Text() == `ucbridge: warning: /mcp/githb: There is no connection "githb", or you may not see it.`
		hinted = lines.Text() == "ucbridge: hint: did you mean github?"
	}
	if !warned || !hinted {
		t.Errorf("of a connection that does not exist: warned %v, with the one that was meant %v", warned, hinted)
	}
	if err := terminate(cmd.Process); err != nil {
		t.Fatal(err)
	}
	var printed []string
	for lines := bufio.NewScanner(d.out); lines.Scan(); {
		printed = append(printed, lines.Text())
	}
	if code := d.exit(t); code != exitOK {
		t.Errorf("exit code %d", code)
	}
	return printed
}
