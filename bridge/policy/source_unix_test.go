//go:build unix

package policy

import (
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

// TestLinks: a link that leads to no file is no policy that is not there.
func TestLinks(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	here := func(name string) string { return filepath.Join(dir, name) }
	if err := errors.Join(os.Symlink(here("nowhere"), here("dangling")), os.Symlink("dangling", here("twice")), os.Symlink("/dev/zero", here("zero"))); err != nil {
		t.Fatal(err)
	}
	for name, sources := range map[string]Sources{
		"a link to nothing":           {Managed: ManagedAt("", dir), User: here("dangling")},
		"a link to that":              {Managed: ManagedAt("", dir), User: here("twice")},
		"a link to a device":          {Managed: ManagedAt("", dir), User: here("zero")},
		"the administrator's, broken": {Managed: ManagedAt(here("dangling"), dir)},
	} {
		if p := sources.Load(Target{Names: []string{"github"}}); p == nil || p.Broken == nil || !p.Tool(Tool{Name: "a", ReadOnly: true}).Denied {
			t.Errorf("%s: %+v", name, p)
		}
	}
}

// TestPipe: a named pipe in the place of a policy does not hold up the start.
func TestPipe(t *testing.T) {
	t.Parallel()
	pipe := filepath.Join(t.TempDir(), "policy.yaml")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	if p := (Sources{Managed: ManagedAt("", ""), User: pipe}).Load(Target{Names: []string{"github"}}); p == nil || p.Broken == nil {
		t.Errorf("%+v", p)
	}
}
