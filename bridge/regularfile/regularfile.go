// Package regularfile reads files whose kind and size somebody else has chosen.
// A name from a repository or another program can lead to a device without end
// or to a named pipe that nobody writes to: neither is read, and neither blocks.
package regularfile

import (
	"fmt"
	"io"
	"io/fs"
	"os"
	"syscall"
)

// Read returns the content of a regular file of at most max bytes. Symbolic
// links are followed. The error wraps fs.ErrNotExist where there is no file.
func Read(name string, max int64) ([]byte, error) {
	info, err := os.Stat(name) // opening a device can have an effect
	if err != nil {
		return nil, err
	}
	if err := check(name, info, max); err != nil {
		return nil, err
	}
	return read(os.OpenFile, name, max)
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
