//go:build unix

package bridge

import (
	"context"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// lookAround is how often an orphan looks for its parent.
const lookAround = 2 * time.Second

// clientGone closes its channel when the client has vanished without closing
// stdin, which happens where another process still holds the pipe: the reading
// end of out is gone, or the parent process is. PR_SET_PDEATHSIG would not do,
// it fires when the thread ends that started us.
func clientGone(ctx context.Context, out *os.File) <-chan struct{} {
	gone := make(chan struct{})
	parent := os.Getppid()
	go func() {
		for ctx.Err() == nil {
			fds := []unix.PollFd{{Fd: int32(out.Fd())}} // no events: errors are always told
			_, err := unix.Poll(fds, int(lookAround.Milliseconds()))
			if err == nil && fds[0].Revents&(unix.POLLERR|unix.POLLHUP) != 0 || os.Getppid() != parent {
				close(gone)
				return
			}
			if err == nil && fds[0].Revents != 0 { // told at once each time: look, but do not spin
				select {
				case <-time.After(lookAround):
				case <-ctx.Done():
				}
			}
		}
	}()
	return gone
}
