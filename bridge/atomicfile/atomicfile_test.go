package atomicfile

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
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
