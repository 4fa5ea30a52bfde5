package bridge

import (
	"context"
	"os"

	"golang.org/x/sys/windows"
)

// clientGone closes its channel when the parent process has ended. A handle, not
// an id, is held: ids are used again.
func clientGone(ctx context.Context, _ *os.File) <-chan struct{} {
	gone := make(chan struct{})
	parent, err := windows.OpenProcess(windows.SYNCHRONIZE, false, uint32(os.Getppid()))
	if err != nil { // ended already, or not ours to watch: stdin tells
		return gone
	}
	go func() {
		defer windows.CloseHandle(parent)
		const lookAround = 2000 // milliseconds
		for ctx.Err() == nil {
			event, err := windows.WaitForSingleObject(parent, lookAround)
			if err != nil {
				return
			}
			if event == windows.WAIT_OBJECT_0 {
				close(gone)
				return
			}
		}
	}()
	return gone
}
