// Package atomicfile writes files that their readers see whole or not at all.
package atomicfile

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// Write replaces the file name by one with that content, which only its owner may
// read (0600), and makes its directory (0700) where that is missing. On an error
// the file is as it was. Of several writers at once the last one wins.
func Write(name string, content []byte) error { return write(name, content, 0o600) }

// Replace is Write with another mode. A symbolic link is followed, so that it
// stays one.
func Replace(name string, content []byte, mode fs.FileMode) error {
	target, err := target(name)
	if err != nil {
		return fmt.Errorf("following %s: %w", name, err)
	}
	return write(target, content, mode)
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

func write(name string, content []byte, mode fs.FileMode) error {
	if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
		return fmt.Errorf("making directory: %w", err)
	}
	temp, err := os.CreateTemp(filepath.Dir(name), filepath.Base(name)+".*.tmp") // 0600
	if err != nil {
		return fmt.Errorf("making temporary file: %w", err)
	}
	_, err = temp.Write(content)
	err = errors.Join(err, temp.Close())
	if err == nil && mode != 0o600 {
		err = os.Chmod(temp.Name(), mode)
	}
	if err == nil {
		err = os.Rename(temp.Name(), name)
	}
	if err != nil {
		return errors.Join(fmt.Errorf("writing %s: %w", name, err), os.Remove(temp.Name()))
	}
	return nil
}
