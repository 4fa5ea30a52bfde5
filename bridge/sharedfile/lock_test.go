package sharedfile_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"ucbridge/bridge/sharedfile"
)

// TestLock: while one holds a lock another waits for it no longer than it wants to, and
// who has given up waiting does not keep it from the next.
func TestLock(t *testing.T) {
	t.Parallel()
	name := filepath.Join(t.TempDir(), "missing", "lock")
	unlock, err := sharedfile.Lock(name, time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	if unlock, err := sharedfile.Lock(name, time.Millisecond); err == nil || !strings.Contains(err.Error(), name) {
		t.Errorf("locked twice: %v, %v", unlock != nil, err)
	}
	unlock()
	for range 2 {
		unlock, err := sharedfile.Lock(name, time.Minute)
		if err != nil {
			t.Fatal(err)
		}
		unlock()
	}
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := sharedfile.Lock(filepath.Join(file, "lock"), time.Minute); err == nil {
		t.Error("there is a lock below a file")
	}
}
