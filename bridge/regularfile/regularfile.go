// Package regularfile reads files whose kind and size somebody else has chosen, and opens
// those that are appended to. A name from a repository or another program can lead to a
// device without end, or to a named pipe that nobody writes to: neither is read, and neither
// blocks.
package regularfile

import (
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"syscall"

	"ucbridge/bridge/sharedfile"
)

// Read returns the content of a regular file of at most max bytes. Symbolic
// links are followed. The error wraps fs.ErrNotExist where there is no file.
func Read(name string, max int64) ([]byte, error) {
	info, err := sharedfile.Stat(name) // opening a device can have an effect
	if err != nil {
		return nil, err
	}
	if err := check(name, info, max); err != nil {
		return nil, err
	}
	return read(sharedfile.OpenFile, name, max)
}

// ReadIn is Read for a file below root, by its path from there. A symbolic link
// in place of the file is refused; those on the way to it stay below root.
func ReadIn(root *os.Root, name string, max int64) ([]byte, error) {
	info, err := root.Lstat(name)
	if err != nil {
		return nil, err
	}
	if err := check(name, info, max); err != nil {
		return nil, err
	}
	return read(root.OpenFile, name, max)
}

// Open opens a regular file of any size for reading. Symbolic links are followed.
func Open(name string) (*os.File, error) {
	info, err := sharedfile.Stat(name)
	if err != nil {
		return nil, err
	}
	if err := check(name, info, math.MaxInt64); err != nil {
		return nil, err
	}
	return sharedfile.Open(name)
}

// Append opens a file for appending, or makes one that only its owner may read. A
// symbolic link is refused, as it would put what is written into a file that somebody
// else has chosen; a device is taken, and a named pipe that somebody reads.
func Append(name string) (*os.File, error) {
	if info, err := os.Lstat(name); err == nil && info.Mode()&fs.ModeSymlink != 0 {
		return nil, fmt.Errorf("%s is a symbolic link", name)
	}
	// A named pipe without a reader is an error, and not a wait.
	return sharedfile.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
}

// IsTorn reports whether the file of that name, which info tells of, ends in half a line:
// a disk was full, or a process or the machine ended in the midst of a write. What is
// appended there needs a line feed before it. A file that cannot be read is none, nor is
// one that has taken its place.
func IsTorn(name string, info fs.FileInfo) bool {
	if !info.Mode().IsRegular() || info.Size() == 0 {
		return false
	}
	file, err := sharedfile.Open(name)
	if err != nil {
		return false
	}
	defer file.Close()
	now, err := file.Stat()
	if err != nil || !os.SameFile(now, info) {
		return false
	}
	var last [1]byte
	_, err = file.ReadAt(last[:], now.Size()-1)
	return err == nil && last[0] != '\n'
}

// read checks once more what was opened: another file may have taken its place.
func read(open func(string, int, fs.FileMode) (*os.File, error), name string, max int64) ([]byte, error) {
	file, err := open(name, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return nil, err
	}
	if err := check(name, info, max); err != nil {
		return nil, err
	}
	content, err := io.ReadAll(io.LimitReader(file, max+1)) // it may grow meanwhile
	if err == nil && int64(len(content)) > max {
		err = tooLarge(name, max)
	}
	if err != nil {
		return nil, err
	}
	return content, nil
}

func check(name string, info fs.FileInfo, max int64) error {
	mode := info.Mode()
	switch {
	case mode.IsDir():
		return fmt.Errorf("%s is a directory", name)
	case mode&fs.ModeSymlink != 0:
		return fmt.Errorf("%s is a symbolic link", name)
	case !mode.IsRegular():
		return fmt.Errorf("%s is not a regular file", name)
	case info.Size() > max:
		return tooLarge(name, max)
	}
	return nil
}

func tooLarge(name string, max int64) error {
	return fmt.Errorf("%s is larger than %d KiB", name, max>>10)
}
