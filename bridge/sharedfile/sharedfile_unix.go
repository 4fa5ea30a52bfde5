//go:build unix

package sharedfile

import (
	"io/fs"
	"os"
	"syscall"
)

// OpenFile is [os.OpenFile], but that a named pipe is not waited for, and that on Windows
// a new file that perm gives to its owner alone (0600) is in the access list of nobody
// else but the system and its administrators.
func OpenFile(name string, flag int, perm fs.FileMode) (*os.File, error) {
	return os.OpenFile(name, flag|syscall.O_NONBLOCK, perm)
}

// Retry does something to a file, on Windows again for two seconds while another program
// is in the way.
func Retry(do func() error) error { return do() }

func rename(from, to string) error { return os.Rename(from, to) }

// move looks before it renames. No system has one call for it that all file systems know.
func move(from, to string) error {
	if _, err := os.Lstat(to); err == nil {
		return &os.LinkError{Op: "rename", Old: from, New: to, Err: fs.ErrExist}
	}
	return os.Rename(from, to)
}

// Append writes to a file that was opened with [os.O_APPEND], whole and at its end,
// whoever else appends to it.
func Append(file *os.File, data []byte) (int, error) { return file.Write(data) }
