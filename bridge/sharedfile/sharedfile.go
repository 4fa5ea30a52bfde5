// Package sharedfile opens files that other processes read, append to, replace and
// rename at the same time. On Unix that is what every file allows. On Windows it has to
// be asked for when a file is opened (FILE_SHARE_DELETE), and a program that did not ask,
// such as a virus scanner, is waited for ([Retry]).
package sharedfile

import (
	"io/fs"
	"os"
)

// Open opens a file for reading. A named pipe is not waited for.
func Open(name string) (*os.File, error) { return OpenFile(name, os.O_RDONLY, 0) }

// Stat is [os.Stat].
func Stat(name string) (info fs.FileInfo, err error) {
	err = Retry(func() error {
		info, err = os.Stat(name)
		return err
	})
	return info, err
}

// Rename is [os.Rename]: a file of the new name is replaced.
func Rename(from, to string) error { return Retry(func() error { return rename(from, to) }) }

// Move gives a file another name, also while others append to it. The error wraps
// [fs.ErrExist] where there is a file of that name.
func Move(from, to string) error { return Retry(func() error { return move(from, to) }) }

// Remove is [os.Remove].
func Remove(name string) error { return Retry(func() error { return os.Remove(name) }) }
