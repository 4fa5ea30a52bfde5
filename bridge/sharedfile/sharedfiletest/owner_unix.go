//go:build unix

// Package sharedfiletest tells tests who may read a file.
package sharedfiletest

import (
	"os"
	"testing"
)

// OnlyOwner fails the test unless the file is for its owner alone: its mode is 0600, or
// on Windows its access list names nobody but the user, the system and its administrators.
func OnlyOwner(t testing.TB, name string) {
	t.Helper()
	info, err := os.Stat(name)
	if err != nil {
		t.Error(err)
	} else if info.Mode() != 0o600 {
		t.Errorf("%s has mode %v, want 0600", name, info.Mode())
	}
}
