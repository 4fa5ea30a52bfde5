//go:build unix

package record

import (
	"bufio"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// TestPipe records into a named pipe, which another program made and reads: its rights stay.
func TestPipe(t *testing.T) {
	t.Parallel()
	name := filepath.Join(t.TempDir(), "pipe")
	if err := syscall.Mkfifo(name, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(name, 0o622); err != nil {
		t.Fatal(err)
	}
	if r, err := Open(name, "1.2.3", "github"); err == nil {
		t.Errorf("a pipe that nobody reads was opened: %v", r)
	}
	pipe, err := os.OpenFile(name, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer pipe.Close()
	r, err := Open(name, "1.2.3", "github")
	if err != nil {
		t.Fatal(err)
	}
	r.Note(Client, []byte(`{"jsonrpc":"2.0","id":1,"method":"ping"}`))
	if _, err := r.Close(); err != nil {
		t.Error(err)
	}
	lines := bufio.NewReader(pipe)
	for _, part := range []string{`"target":"github"`, `"method":"ping"`} {
		if line, err := lines.ReadString('\n'); err != nil || !strings.Contains(line, part) {
			t.Errorf("%q, %v", line, err)
		}
	}
	if info, err := os.Stat(name); err != nil || info.Mode().Perm() != 0o622 {
		t.Errorf("the pipe has mode %v, %v", info.Mode(), err)
	}
}

// TestLink refuses a link in place of a record, which would lead into another file.
func TestLink(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file, link := filepath.Join(dir, "file"), filepath.Join(dir, "link")
	if err := os.WriteFile(file, []byte("mine"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(file, link); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(link, "1.2.3", "github"); err == nil || !strings.Contains(err.Error(), "is a symbolic link") {
		t.Errorf("opened: %v", err)
	}
	if text, err := os.ReadFile(file); err != nil || string(text) != "mine" {
		t.Errorf("%q, %v", text, err)
	}
}
