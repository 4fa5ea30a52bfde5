package programtest

import (
	"os"
	"os/exec"
	"sync"
	"testing"
)

// StartMany starts one process after the other until the test is over, for a test of what
// they might inherit. They are the test's own program, which runs no test.
func StartMany(t testing.TB) {
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
