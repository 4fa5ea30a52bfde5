//go:build unix

package main

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"syscall"
	"testing"

	"ucbridge/bridge/programtest"
)

// TestManagedForbidden has a user roll out who may not: nothing changes, and what they
// are told to do can be pasted.
func TestManagedForbidden(t *testing.T) {
	t.Parallel()
	dir, err := os.MkdirTemp("", "ucbridge-") // t.TempDir lets nobody else in
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	test, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	program, err := os.ReadFile(test)
	if err != nil {
		t.Fatal(err)
	}
	const before = "# kept by IT\n"
	path, settings := filepath.Join(dir, "ucbridge"), filepath.Join(dir, "etc", "codex", "config.toml")
	programtest.Write(t, path, program)
	if err := errors.Join(os.Chmod(path, 0o755), os.MkdirAll(filepath.Dir(settings), 0o755),
		os.WriteFile(settings, []byte(before), 0o644), os.Chmod(filepath.Dir(settings), 0o555), os.Chmod(dir, 0o755)); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), path, "install", "codex", "--managed", "--connection", "github", "--no-check")
	cmd.Env, cmd.Dir = append(userFolders(filepath.Join(dir, "home")), rootVariable+"="+dir), dir
	if os.Getuid() == 0 { // who may write everywhere
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
	}
	said, err := cmd.CombinedOutput()
	if exit, ok := errors.AsType[*exec.ExitError](err); !ok || exit.ExitCode() != exitUsage {
		t.Errorf("it ends with %v", err)
	}
	want := regexp.MustCompile(`^ucbridge: error: only an administrator may write /\S+/etc/codex/config\.toml
ucbridge: hint: for what would be written, add: --dry-run
ucbridge: hint: run: sudo \S*/ucbridge install codex --managed --connection github --no-check
$`)
	if !want.Match(said) {
		t.Errorf("it says:\n%s", said)
	}
	if text, err := os.ReadFile(settings); err != nil || string(text) != before {
		t.Errorf("the settings are %q, %v", text, err)
	}
}
