//go:build unix

package programtest

import (
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"testing"
)

// TestWriteWhileProcessesStart runs each program as soon as it is written.
func TestWriteWhileProcessesStart(t *testing.T) {
	stop := make(chan struct{})
	var starters sync.WaitGroup
	t.Cleanup(func() {
		close(stop)
		starters.Wait()
	})
	for range 4 {
		starters.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				if err := exec.Command(os.Args[0], "-test.run=^$").Run(); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	dir := t.TempDir()
	for i := range 500 {
		program := filepath.Join(dir, strconv.Itoa(i))
		Write(t, program, []byte("#!/bin/sh\n"))
		if err := exec.Command(program).Run(); err != nil {
			t.Fatal(err)
		}
	}
}
