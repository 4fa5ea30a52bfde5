package sharedfile_test

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"ucbridge/bridge/sharedfile"
	"ucbridge/bridge/sharedfile/sharedfiletest"
)

// TestOpenFiles: what is open for one can be renamed, replaced by Rename where the system
// has that, and removed by another, and is read to its end.
func TestOpenFiles(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	name, aside := filepath.Join(dir, "log"), filepath.Join(dir, "aside")
	log, err := sharedfile.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	sharedfiletest.OnlyOwner(t, name)
	reader, err := sharedfile.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	if _, err := sharedfile.Append(log, []byte("before ")); err != nil {
		t.Error(err)
	}
	if err := sharedfile.Move(name, aside); err != nil {
		t.Errorf("a file that is open cannot be renamed: %v", err)
	}
	if _, err := sharedfile.Append(log, []byte("after")); err != nil {
		t.Error(err)
	}
	if err := os.WriteFile(name, []byte("new"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := sharedfile.Move(name, aside); !errors.Is(err, fs.ErrExist) {
		t.Errorf("Move onto a file: %v", err)
	}
	if err := sharedfile.Remove(aside); err != nil {
		t.Errorf("a file that is open cannot be removed: %v", err)
	}
	if text, err := io.ReadAll(reader); err != nil || string(text) != "before after" {
		t.Errorf("read %q, %v", text, err)
	}
}

// TestAppend: lines of several writers do not overwrite one another.
func TestAppend(t *testing.T) {
	t.Parallel()
	const writers, lines = 4, 200
	name := filepath.Join(t.TempDir(), "log")
	var group sync.WaitGroup
	for range writers {
		group.Go(func() {
			file, err := sharedfile.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
			if err != nil {
				t.Error(err)
				return
			}
			defer file.Close()
			for range lines {
				if _, err := sharedfile.Append(file, []byte("a line\n")); err != nil {
					t.Error(err)
				}
			}
		})
	}
	group.Wait()
	text, err := os.ReadFile(name)
	if n := bytes.Count(text, []byte("a line\n")); err != nil || n != writers*lines || len(text) != n*len("a line\n") {
		t.Errorf("%d lines in %d bytes, %v", n, len(text), err)
	}
}
