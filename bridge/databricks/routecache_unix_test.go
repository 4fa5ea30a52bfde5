//go:build unix

package databricks

import (
	"os"
	"syscall"
	"testing"
)

// TestRouteOfNoFile: a pipe or a device in place of a kept route remembers nothing, and
// is not waited for.
func TestRouteOfNoFile(t *testing.T) {
	t.Parallel()
	c := routeCache{t.TempDir()}
	if err := syscall.Mkfifo(c.file("a.test", "pipe"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("/dev/zero", c.file("a.test", "device")); err != nil {
		t.Fatal(err)
	}
	for _, connection := range []string{"pipe", "device"} {
		if c.recall("a.test", connection) {
			t.Errorf("%s is a route", connection)
		}
	}
}
