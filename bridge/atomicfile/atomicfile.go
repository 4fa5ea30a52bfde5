// Package atomicfile writes files that their readers see whole or not at all.
package atomicfile

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// Write replaces the file name by one with that content, which only its owner may
// read (0600), and makes its directory (0700) where that is missing. On an error
// the file is as it was. Of several writers at once the last one wins.
func Write(name string, content []byte) error {
	if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
		return fmt.Errorf("making directory: %w", err)
	}
	temp, err := os.CreateTemp(filepath.Dir(name), filepath.Base(name)+".*.tmp") // 0600
	if err != nil {
		return fmt.Errorf("making temporary file: %w", err)
	}
	_, err = temp.Write(content)
	err = errors.Join(err, temp.Close())
	if err == nil {
		err = os.Rename(temp.Name(), name)
	}
	if err != nil {
		return errors.Join(fmt.Errorf("writing %s: %w", name, err), os.Remove(temp.Name()))
	}
	return nil
}
