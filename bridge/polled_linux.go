package bridge

import (
	"fmt"
	"io"
	"io/fs"
	"os"

	"golang.org/x/sys/unix"
)

// polled returns a reader of in for which the runtime waits together with the network
// connections, where in is a pipe or a socket that blocks, as a client's are. A read that
// blocks holds a thread and takes its processor along: each message then waits for both
// to be put together again. release must be called after the last read; it ends one that
// still waits.
//
// A socket that is out, too, is read as it is: it would no longer block those who write,
// who take that for the end of the client.
func polled(in io.Reader, out io.Writer) (_ io.Reader, release func()) {
	none := func() {}
	file, ok := in.(*os.File)
	if !ok {
		return in, none
	}
	info, err := file.Stat()
	if err != nil || info.Mode()&(fs.ModeNamedPipe|fs.ModeSocket) == 0 {
		return in, none // a terminal is shared with the shell
	}
	if info.Mode()&fs.ModeSocket != 0 && isFile(out, info) {
		return in, none
	}
	raw, err := file.SyscallConn()
	if err != nil {
		return in, none
	}
	var again *os.File
	restore := none
	err = raw.Control(func(fd uintptr) {
		if flags, err := unix.FcntlInt(fd, unix.F_GETFL, 0); err != nil || flags&unix.O_NONBLOCK != 0 {
			return // the runtime waits for it already
		}
		if info.Mode()&fs.ModeNamedPipe != 0 {
			again = reopen(fd)
			return
		}
		if again = duplicate(fd); again != nil {
			restore = func() { _ = raw.Control(func(fd uintptr) { _ = unix.SetNonblock(int(fd), false) }) } // for who has it after us
		}
	})
	if err != nil || again == nil {
		return in, none
	}
	return again, func() {
		_ = again.Close()
		restore()
	}
}

// isFile reports whether out is the file that info tells of.
func isFile(out io.Writer, info fs.FileInfo) bool {
	file, ok := out.(*os.File)
	if !ok {
		return false
	}
	other, err := file.Stat()
	return err == nil && os.SameFile(info, other)
}

// reopen opens a pipe anew, so that it stays as it is for whoever else has it; nil where
// that cannot be done.
func reopen(fd uintptr) *os.File {
	f, err := os.OpenFile(fmt.Sprintf("/proc/self/fd/%d", fd), os.O_RDONLY|unix.O_NONBLOCK, 0)
	if err != nil {
		return nil
	}
	return f
}

// duplicate returns a socket, which cannot be opened anew, under another descriptor, and
// keeps both from blocking; nil where that cannot be done.
func duplicate(fd uintptr) *os.File {
	other, err := unix.FcntlInt(fd, unix.F_DUPFD_CLOEXEC, 0)
	if err != nil {
		return nil
	}
	if err := unix.SetNonblock(other, true); err != nil {
		_ = unix.Close(other)
		return nil
	}
	return os.NewFile(uintptr(other), "stdin")
}
