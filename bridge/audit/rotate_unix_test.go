//go:build unix

package audit

import (
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"ucbridge/bridge/policy"
)

// TestOnlyFiles: nothing is appended through a link, and a pipe that nobody reads does
// not hold up the start.
func TestOnlyFiles(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	link, pipe := filepath.Join(dir, "link"), filepath.Join(dir, "pipe")
	if err := errors.Join(os.Symlink(filepath.Join(dir, "target"), link), syscall.Mkfifo(pipe, 0o600)); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{link, pipe} {
		l := Open(policy.AuditRules{File: name, Required: &policy.Place{}}, slog.New(slog.DiscardHandler))
		if by := (Logs{l}).Refuse(); !by.Denied {
			t.Errorf("%s is written to", name)
		}
		l.Close()
	}
	if _, err := os.Stat(filepath.Join(dir, "target")); err == nil {
		t.Error("written through the link")
	}
}
