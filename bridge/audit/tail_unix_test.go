//go:build unix

package audit

import (
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

// TestReadRowsOfNoFile: what never ends and what nobody writes to is neither read nor
// waited for.
func TestReadRowsOfNoFile(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	pipe, device := filepath.Join(dir, "pipe"), filepath.Join(dir, "device")
	if err := errors.Join(syscall.Mkfifo(pipe, 0o600), os.Symlink("/dev/zero", device)); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{pipe, device, dir} {
		if err := ReadRows(name, func(r Row) { t.Errorf("%s has the row %+v", name, r) }); err == nil {
			t.Errorf("%s is read", name)
		}
		if err := NewTail(name).Read(func(r Row) { t.Errorf("%s has the row %+v", name, r) }); err == nil {
			t.Errorf("%s is followed", name)
		}
	}
}
