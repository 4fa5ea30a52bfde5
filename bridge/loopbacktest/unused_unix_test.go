//go:build unix

package loopbacktest

import (
	"net"
	"os"
	"os/exec"
	"sync"
	"testing"
)

// TestUnusedWhileProcessesStart finds nobody at an address that Unused has returned,
// while others start processes: a process that is being made has all descriptors of
// this one until it becomes its program, and would keep a listener for that long.
func TestUnusedWhileProcessesStart(t *testing.T) {
	startProcesses(t)
	for range 2_000 {
		address := UnusedAddress(t)
		if conn, err := net.Dial("tcp", address); err == nil {
			conn.Close()
			t.Fatalf("somebody listens at %s", address)
		}
	}
}

// TestAwaitUnused closes a listener: nobody is at its address then, which can be used
// again.
func TestAwaitUnused(t *testing.T) {
	startProcesses(t)
	address := UnusedAddress(t)
	for range 2_000 {
		listener, err := net.Listen("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		if err := listener.Close(); err != nil {
			t.Fatal(err)
		}
		AwaitUnused(address)
		if conn, err := net.Dial("tcp", address); err == nil {
			conn.Close()
			t.Fatalf("somebody still listens at %s", address)
		}
	}
}

// startProcesses starts one process after the other until the test is over.
func startProcesses(t *testing.T) {
	t.Helper()
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
}
