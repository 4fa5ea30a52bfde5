//go:build unix

package regularfile

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// TestRead reads what can be read, and refuses what has no end, what nobody
// writes to and what leads elsewhere.
func TestRead(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := func(name string) string { return filepath.Join(dir, name) }
	for name, content := range map[string]string{"small": "12345678", "empty": "", "large": "123456789"} {
		if err := os.WriteFile(path(name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for link, target := range map[string]string{"link": "small", "device": "/dev/zero", "broken": "nothing", "pipelink": "pipe"} {
		if err := os.Symlink(target, path(link)); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(syscall.Mkfifo(path("pipe"), 0o600), os.Mkdir(path("folder"), 0o700)); err != nil {
		t.Fatal(err)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	for _, tt := range []struct{ name, content, err, errIn string }{
		{"small", "12345678", "", ""},
		{"empty", "", "", ""},
		{"large", "", "is larger than", "is larger than"},
		{"link", "12345678", "", "is a symbolic link"},
		{"device", "", "is not a regular file", "is a symbolic link"},
		{"pipe", "", "is not a regular file", "is not a regular file"},
		{"pipelink", "", "is not a regular file", "is a symbolic link"},
		{"folder", "", "is a directory", "is a directory"},
		{"broken", "", "no such file", "is a symbolic link"},
		{"nothing", "", "no such file", "no such file"},
	} {
		got, err := Read(path(tt.name), 8)
		compare(t, tt.name, tt.content, tt.err, got, err)
		got, err = ReadIn(root, tt.name, 8)
		if tt.errIn != "" {
			tt.content = ""
		}
		compare(t, tt.name+" below a root", tt.content, tt.errIn, got, err)
	}
	if _, err := Read(path("nothing"), 8); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no file: %v", err)
	}
}

func compare(t *testing.T, name, content, fault string, got []byte, err error) {
	t.Helper()
	if fault == "" && (err != nil || got == nil || string(got) != content) || fault != "" && (err == nil || !strings.Contains(err.Error(), fault)) {
		t.Errorf("%s: read %q, %v; want %q, %q", name, got, err, content, fault)
	}
}
