//go:build unix

package policy

import (
	"path/filepath"
	"syscall"
	"testing"
)

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
