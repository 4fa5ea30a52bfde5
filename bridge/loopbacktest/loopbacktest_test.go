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
				cmd := exec.Command(os.Args[0], "-test.run=^$")
				if err := cmd.Run(); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	for range 2_000 {
		address := UnusedAddress(t)
		if conn, err := net.Dial("tcp", address); err == nil {
			conn.Close()
			t.Fatalf("somebody listens at %s", address)
		}
	}
}
