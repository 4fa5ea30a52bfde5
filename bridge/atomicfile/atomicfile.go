// Package atomicfile writes files that their readers see whole or not at all: [Write],
// and [Create] where no file may be there before. [WriteIn] stays inside a [Directory].
package atomicfile

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"ucbridge/bridge/sharedfile"
)

// Directory is where files are written: an *os.Root, or Anywhere.
type Directory interface {
	OpenFile(name string, flag int, perm fs.FileMode) (*os.File, error)
	MkdirAll(name string, perm fs.FileMode) error
	Chmod(name string, mode fs.FileMode) error
	Rename(oldName, newName string) error
	Remove(name string) error
}

// Anywhere is the whole file system.
var Anywhere Directory = anywhere{}

type anywhere struct{}

func (anywhere) OpenFile(name string, flag int, perm fs.FileMode) (*os.File, error) {
	return sharedfile.OpenFile(name, flag, perm)
}
func (anywhere) MkdirAll(name string, perm fs.FileMode) error { return os.MkdirAll(name, perm) }
func (anywhere) Chmod(name string, mode fs.FileMode) error    { return os.Chmod(name, mode) }
func (anywhere) Rename(oldName, newName string) error         { return sharedfile.Rename(oldName, newName) }
func (anywhere) Remove(name string) error                     { return os.Remove(name) }

// Write replaces the file name by one with that content, which only its owner may
// read (0600, on Windows by its access list), and makes its directory (0700) where that is missing. On an error
// the file is as it was. Of several writers at once the last one wins.
func Write(name string, content []byte) error { return WriteIn(Anywhere, name, content, 0o600) }

// Replace is Write with another mode. A symbolic link is followed, so that it
// stays one.
func Replace(name string, content []byte, mode fs.FileMode) error {
	target, err := target(name)
	if err != nil {
		return fmt.Errorf("following %s: %w", name, err)
	}
	return WriteIn(Anywhere, target, content, mode)
}

// target is where a chain of symbolic links ends; the file there need not exist.
func target(name string) (string, error) {
	for range 40 { // as many as Linux follows
		link, err := os.Readlink(name)
		if err != nil {
			return name, nil // not a link, or nothing
		}
		if !filepath.IsAbs(link) {
			link = filepath.Join(filepath.Dir(name), link)
		}
		name = link
	}
	return "", errors.New("too many symbolic links")
}

// WriteIn is Write with another mode, in a directory. A symbolic link of that
// name is replaced and not followed.
func WriteIn(dir Directory, name string, content []byte, mode fs.FileMode) error {
	if err := dir.MkdirAll(filepath.Dir(name), 0o700); err != nil {
		return fmt.Errorf("making directory: %w", err)
	}
	temp := name + "." + rand.Text()[:10] + ".tmp"
	if err := Create(dir, temp, content, mode); err != nil {
		return err
	}
	if err := sharedfile.Retry(func() error { return dir.Rename(temp, name) }); err != nil {
		return errors.Join(fmt.Errorf("writing %s: %w", name, err), dir.Remove(temp))
	}
	return nil
}

// Create writes a new file, and nothing where there is a file or a link of that
// name: the error wraps fs.ErrExist then.
func Create(dir Directory, name string, content []byte, mode fs.FileMode) error {
	file, err := dir.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
	if err != nil {
		return fmt.Errorf("creating file: %w", err)
	}
	_, err = file.Write(content)
	err = errors.Join(err, file.Close())
	if err == nil && mode != 0o600 {
		err = dir.Chmod(name, mode) // the umask may have taken some of it
	}
	if err != nil {
		return errors.Join(fmt.Errorf("writing %s: %w", name, err), dir.Remove(name))
	}
	return nil
}
