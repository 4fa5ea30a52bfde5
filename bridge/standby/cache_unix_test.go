//go:build unix

package standby

import (
	"log/slog"
	"os"
	"syscall"
	"testing"
)

// TestCacheOfNoFile: a pipe or a device in place of kept answers is as good as none.
func TestCacheOfNoFile(t *testing.T) {
	t.Parallel()
	for name, replace := range map[string]func(file string) error{
		"pipe":   func(file string) error { return syscall.Mkfifo(file, 0o600) },
		"device": func(file string) error { return os.Symlink("/dev/zero", file) },
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			initialize := parse(t, `{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-06-18","capabilities":{}}}`)
			file := openCache(dir, "ada", initialize, slog.New(slog.DiscardHandler)).file
			if err := replace(file); err != nil {
				t.Fatal(err)
			}
			if c := openCache(dir, "ada", initialize, slog.New(slog.DiscardHandler)); len(c.answers) > 0 {
				t.Errorf("%d answers", len(c.answers))
			}
		})
	}
}
