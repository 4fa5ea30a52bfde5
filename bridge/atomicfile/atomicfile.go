// Package atomicfile writes files that their readers see whole or not at all: [Write] for
// what may be lost with the power, such as a cache, [Replace] for what may not, and
// [Create] where no file may be there before. [WriteIn] stays inside a [Directory].
package atomicfile

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"ucbridge/bridge/sharedfile"
)

// Directory is where files are written: an *os.Root, or Anywhere.
type Directory interface {
	OpenFile(name string, flag int, perm fs.FileMode) (*os.File, error)
	MkdirAll(name string, perm fs.FileMode) error
	Chmod(name string, mode fs.FileMode) error
	Rename(oldName, newName string) error
	Link(oldName, newName string) error
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
func (anywhere) Link(oldName, newName string) error           { return os.Link(oldName, newName) }
func (anywhere) Remove(name string) error                     { return os.Remove(name) }

// Write replaces the file name by one with that content, which only its owner may
// read (0600, on Windows by its access list), and makes its directory (0700) where that is
// missing. On an error the file is as it was. Of several writers at once the last one wins.
// It does not wait for the disk: a machine that loses its power may find an empty file.
func Write(name string, content []byte) error {
	return replace(Anywhere, name, content, 0o600, func(*os.File) error { return nil })
}

// Replace is Write with another mode, and waits until the disk has the content. A symbolic
// link is followed, so that it stays one.
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

// WriteIn is Replace in a directory. A symbolic link of that name is replaced and not
// followed.
func WriteIn(dir Directory, name string, content []byte, mode fs.FileMode) error {
	return replace(dir, name, content, mode, flush)
}

func replace(dir Directory, name string, content []byte, mode fs.FileMode, flush func(*os.File) error) error {
	if err := dir.MkdirAll(filepath.Dir(name), 0o700); err != nil {
		return fmt.Errorf("making directory: %w", err)
	}
	temp := temporary(name)
	if err := write(dir, temp, content, mode, flush); err != nil {
		return err
	}
	if err := sharedfile.Retry(func() error { return dir.Rename(temp, name) }); err != nil {
		return errors.Join(fmt.Errorf("writing %s: %w", name, err), dir.Remove(temp))
	}
	return nil
}

// Create writes a new file, which the disk has then, and nothing where there is a file or a
// link of that name: the error wraps fs.ErrExist then.
func Create(dir Directory, name string, content []byte, mode fs.FileMode) error {
	temp := temporary(name)
	if err := write(dir, temp, content, mode, flush); err != nil {
		return err
	}
	err := dir.Link(temp, name)
	if err != nil && !errors.Is(err, fs.ErrExist) { // not every file system has links
		return errors.Join(write(dir, name, content, mode, flush), dir.Remove(temp))
	}
	if err != nil {
		err = fmt.Errorf("creating file: %w", err)
	}
	return errors.Join(err, dir.Remove(temp))
}

// temporary is a name beside a file that no other writer takes.
func temporary(name string) string { return name + "." + rand.Text()[:10] + ".tmp" }

// write writes a new file, whose readers may see a part of it.
func write(dir Directory, name string, content []byte, mode fs.FileMode, flush func(*os.File) error) error {
	file, err := dir.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
	if err != nil {
		return fmt.Errorf("creating file: %w", err)
	}
	if _, err = file.Write(content); err == nil {
		err = flush(file)
	}
	err = errors.Join(err, file.Close())
	if err == nil && mode != 0o600 {
		err = dir.Chmod(name, mode) // the umask may have taken some of it
	}
	if err != nil {
		return errors.Join(fmt.Errorf("writing %s: %w", name, err), dir.Remove(name))
	}
	return nil
}

// flush waits until the disk has a file, where there is a disk.
func flush(file *os.File) error {
	err := fsync(file)
	if errors.Is(err, syscall.EINVAL) || errors.Is(err, errors.ErrUnsupported) {
		return nil
	}
	return err
}

// fsync is os.File.Sync, unless a test has another.
var fsync = (*os.File).Sync
