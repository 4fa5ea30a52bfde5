//go:build unix

package programtest

import (
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
)

// TestWriteWhileProcessesStart runs each program as soon as it is written.
func TestWriteWhileProcessesStart(t *testing.T) {
	StartMany(t)
	dir := t.TempDir()
	for i := range 500 {
		program := filepath.Join(dir, strconv.Itoa(i))
		Write(t, program, []byte("#!/bin/sh\n"))
		if err := exec.Command(program).Run(); err != nil {
			t.Fatal(err)
		}
	}
}
