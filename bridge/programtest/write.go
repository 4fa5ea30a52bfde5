// Package programtest is for tests that write a program and run it, and for those of what
// a process that is being started inherits.
package programtest

import (
	"os"
	"syscall"
	"testing"
)

// Write writes a program, a script or a binary, which can be run at once, also while
// other tests start processes: no process that is being started may inherit the file
// while it is open for writing, as Linux runs no such file ("text file busy").
func Write(t testing.TB, path string, program []byte) {
	t.Helper()
	syscall.ForkLock.RLock()
	defer syscall.ForkLock.RUnlock()
	if err := os.WriteFile(path, program, 0o700); err != nil {
		t.Fatal(err)
	}
}
