package atomicfile

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"

	"ucbridge/bridge/sharedfile/sharedfiletest"
)

func TestWrite(t *testing.T) {
	t.Parallel()
	name := filepath.Join(t.TempDir(), "new", "file")
	var group sync.WaitGroup
	for _, letter := range []string{"a", "b", "c", "d"} {
		group.Go(func() {
			if err := Write(name, []byte(strings.Repeat(letter, 100_000))); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	content, err := os.ReadFile(name)
	if err != nil || len(content) != 100_000 || strings.Count(string(content), string(content[:1])) != 100_000 {
		t.Errorf("%d bytes of several writers, %v", len(content), err)
	}
	sharedfiletest.OnlyOwner(t, name)
	entries, err := os.ReadDir(filepath.Dir(name))
	if err != nil || len(entries) != 1 {
		t.Errorf("left behind: %v, %v", entries, err)
	}
}

func TestReplace(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("there are no such modes, and links want a privilege")
	}
	dir := t.TempDir()
	file, link := filepath.Join(dir, "real", "file"), filepath.Join(dir, "link")
	if err := os.Symlink(filepath.Join("real", "file"), link); err != nil {
		t.Fatal(err)
	}
	for _, content := range []string{"new", "replaced"} { // the link leads nowhere at first
		if err := Replace(link, []byte(content), 0o640); err != nil {
			t.Fatal(err)
		}
		info, err := os.Lstat(file)
		if err != nil || info.Mode() != 0o640 {
			t.Errorf("%s: %v, %v", content, info, err)
		}
		if got, err := os.ReadFile(link); err != nil || string(got) != content {
			t.Errorf("read %q, %v", got, err)
		}
	}
	if _, err := os.Readlink(link); err != nil {
		t.Errorf("the link was replaced: %v", err)
	}
	loop := filepath.Join(dir, "loop")
	if err := os.Symlink(loop, loop); err != nil {
		t.Fatal(err)
	}
	if err := Replace(loop, nil, 0o600); err == nil {
		t.Error("a link to itself was followed to an end")
	}
}

// withoutLinks is a file system that has none.
type withoutLinks struct{ anywhere }

func (withoutLinks) Link(string, string) error { return errors.ErrUnsupported }

// watched tells what a reader sees whenever a file gets its name.
type watched struct {
	anywhere
	opened []string
}

func (w *watched) OpenFile(name string, flag int, perm fs.FileMode) (*os.File, error) {
	w.opened = append(w.opened, name)
	return w.anywhere.OpenFile(name, flag, perm)
}

// TestCreate makes a file once, whoever else makes it at the same time, and never in parts.
func TestCreate(t *testing.T) {
	t.Parallel()
	for _, dir := range []Directory{Anywhere, withoutLinks{}} {
		name := filepath.Join(t.TempDir(), "secret")
		var group sync.WaitGroup
		made := make(chan string, 8)
		for _, letter := range "abcdefgh" {
			group.Go(func() {
				content := strings.Repeat(string(letter), 1000)
				if err := Create(dir, name, []byte(content), 0o600); err == nil {
					made <- content
				} else if !errors.Is(err, fs.ErrExist) {
					t.Errorf("%T: %v", dir, err)
				}
			})
		}
		group.Wait()
		got, err := os.ReadFile(name)
		if len(made) != 1 || err != nil || string(got) != <-made {
			t.Errorf("%T: made %d times more, holds %d bytes, %v", dir, len(made), len(got), err)
		}
		sharedfiletest.OnlyOwner(t, name)
		if entries, err := os.ReadDir(filepath.Dir(name)); err != nil || len(entries) != 1 {
			t.Errorf("%T: left behind: %v, %v", dir, entries, err)
		}
	}
	name := filepath.Join(t.TempDir(), "whole")
	w := &watched{}
	if err := Create(w, name, []byte("whole"), 0o600); err != nil || slices.Contains(w.opened, name) {
		t.Errorf("written in place: %v, %v", w.opened, err)
	}
}

// TestFlush: what may not be lost is on the disk before it has its name; a cache does not wait
// for that.
func TestFlush(t *testing.T) {
	var flushed []string
	before := fsync
	t.Cleanup(func() { fsync = before })
	fsync = func(file *os.File) error {
		flushed = append(flushed, filepath.Base(file.Name()))
		return nil
	}
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	if err := errors.Join(Write(at("cache"), nil), Replace(at("settings"), nil, 0o600), WriteIn(Anywhere, at("pins"), nil, 0o600), Create(Anywhere, at("secret"), nil, 0o600)); err != nil {
		t.Fatal(err)
	}
	for i, want := range []string{"settings.", "pins.", "secret."} {
		if len(flushed) != 3 || !strings.HasPrefix(flushed[i], want) {
			t.Fatalf("flushed %v", flushed)
		}
	}
	fsync = func(*os.File) error { return syscall.ENOSPC }
	if err := os.WriteFile(at("settings"), []byte("old"), 0o600); err != nil {
		t.Fatal(err)
	}
	err := Replace(at("settings"), []byte("new"), 0o600)
	if text, readErr := os.ReadFile(at("settings")); !errors.Is(err, syscall.ENOSPC) || readErr != nil || string(text) != "old" {
		t.Errorf("%v, and the file holds %q, %v", err, text, readErr)
	}
}

func TestWriteFails(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "taken"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "taken", "child"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := Write(filepath.Join(dir, "taken"), []byte("x")); err == nil {
		t.Error("a directory was replaced")
	}
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 1 {
		t.Errorf("left behind: %v, %v", entries, err)
	}
}
