package sharedfile

import (
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/rogpeppe/go-internal/lockedfile"
)

// Lock waits until no other process and no other caller of this one holds the lock that
// is the file of that name, and makes the file and its directory where they are missing.
// It returns what gives the lock up. After wait it is an error.
func Lock(name string, wait time.Duration) (unlock func(), err error) {
	if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
		return nil, err
	}
	type turn struct {
		unlock func()
		err    error
	}
	taken := make(chan turn, 1)
	go func() {
		unlock, err := lockedfile.MutexAt(name).Lock()
		taken <- turn{unlock, err}
	}()
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case t := <-taken:
		return t.unlock, t.err
	case <-timer.C:
		go func() {
			if t := <-taken; t.err == nil {
				t.unlock()
			}
		}()
		return nil, fmt.Errorf("locking %s: another process has held it for %v", name, wait)
	}
}
