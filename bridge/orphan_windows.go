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
	parent, err := windows.OpenProcess(windows.SYNCHRONIZE|windows.PROCESS_QUERY_LIMITED_INFORMATION, false, uint32(os.Getppid()))
	if err != nil { // ended already, or not ours to watch: stdin tells
		return gone
	}
	if !older(parent, windows.CurrentProcess()) { // another has its id now
		windows.CloseHandle(parent)
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

// older reports whether a process began no later than another.
func older(a, b windows.Handle) bool {
	var began [2]windows.Filetime
	for i, process := range []windows.Handle{a, b} {
		var exit, kernel, user windows.Filetime
		if windows.GetProcessTimes(process, &began[i], &exit, &kernel, &user) != nil {
			return false
		}
	}
	return began[0].Nanoseconds() <= began[1].Nanoseconds()
}
