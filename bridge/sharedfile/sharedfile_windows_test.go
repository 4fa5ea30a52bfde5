package sharedfile_test

import (
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/windows"

	"ucbridge/bridge/sharedfile"
)

// holdAlone opens a file as a program does that shares it with nobody.
func holdAlone(t *testing.T, name string) (release func()) {
	t.Helper()
	path, err := windows.UTF16PtrFromString(name)
	if err != nil {
		t.Fatal(err)
	}
	handle, err := windows.CreateFile(path, windows.GENERIC_READ, 0, nil, windows.OPEN_EXISTING, windows.FILE_ATTRIBUTE_NORMAL, 0)
	if err != nil {
		t.Fatal(err)
	}
	return func() { _ = windows.CloseHandle(handle) }
}

// TestHeldFile: a program that holds a file alone for a moment is waited for; one that
// does not let go is an error.
func TestHeldFile(t *testing.T) {
	t.Parallel()
	for what, do := range map[string]func(name string) error{
		"open": func(name string) error {
			file, err := sharedfile.Open(name)
			if err == nil {
				file.Close()
			}
			return err
		},
		"replace": func(name string) error {
			if err := os.WriteFile(name+".new", nil, 0o600); err != nil {
				return err
			}
			return sharedfile.Rename(name+".new", name)
		},
		"move":   func(name string) error { return sharedfile.Move(name, name+".aside") },
		"remove": sharedfile.Remove,
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			name := filepath.Join(t.TempDir(), "file")
			if err := os.WriteFile(name, nil, 0o600); err != nil {
				t.Fatal(err)
			}
			release := holdAlone(t, name)
			if err := do(name); !errors.Is(err, windows.ERROR_SHARING_VIOLATION) && !errors.Is(err, windows.ERROR_ACCESS_DENIED) {
				t.Errorf("while it is held: %v", err)
			}
			time.AfterFunc(100*time.Millisecond, release)
			if err := do(name); err != nil {
				t.Errorf("while it is let go: %v", err)
			}
		})
	}
}

// TestFolder: what no waiting mends fails at once, with a word for it. Wine lets a file
// that is read-only be replaced.
func TestFolder(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if _, err := sharedfile.OpenFile(dir, os.O_WRONLY|os.O_APPEND, 0); !errors.Is(err, syscall.EISDIR) {
		t.Errorf("opened to append: %v", err)
	}
	name := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(name, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := sharedfile.Rename(name, dir); !errors.Is(err, syscall.EISDIR) {
		t.Errorf("replaced: %v", err)
	}
}
