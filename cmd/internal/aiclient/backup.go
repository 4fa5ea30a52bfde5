package aiclient

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"strconv"

	"ucbridge/bridge/atomicfile"
)

// backupSuffix is added to the name of a client's settings for the copy of what
// they were before ucbridge first changed them.
const backupSuffix = ".before-ucbridge"

// maxBackups bounds the copies beside one file.
const maxBackups = 10

// backups are the names that a copy can have: numbered ones where the first is
// taken by something that is not ours.
func (f File) backups() []File {
	files := []File{f.beside(backupSuffix)}
	for i := 1; i < maxBackups; i++ {
		files = append(files, f.beside(backupSuffix+"."+strconv.Itoa(i)))
	}
	return files
}

// freeBackup is where a copy can go. In a folder of the user's, a plain file of
// that name is an earlier copy of ours, and makes way. In a project's folder it
// may have come with the repository, and stays unless it is the very same.
func (f File) freeBackup(content []byte) (File, error) {
	for _, file := range f.backups() {
		earlier, err := file.read()
		switch {
		case err == nil && earlier == nil && !file.taken():
			return file, nil
		case err == nil && earlier != nil && file.plain() && (f.root == "" || bytes.Equal(earlier, content)):
			return file, nil
		}
	}
	return File{}, fmt.Errorf("%s and %d more of that kind are taken: remove them", f.beside(backupSuffix).Path, maxBackups-1)
}

// keep writes the copy. It never writes through a link; what has the name in a
// project's folder stays.
func (f File) keep(content []byte, mode fs.FileMode) error {
	switch {
	case f.Path == "":
		return nil
	case f.root == "":
		return atomicfile.WriteIn(atomicfile.Anywhere, f.Path, content, mode)
	}
	err := f.create(content, mode)
	if errors.Is(err, fs.ErrExist) {
		if there, _ := f.read(); bytes.Equal(there, content) {
			return nil
		}
	}
	return err
}

// restore puts the original in the place of what is left after the last of our
// servers is gone, if that is the same but for an empty section. The copy goes
// where the settings are again what it holds. Where they are not, it goes in a
// folder of the user's, and stays in a project's, where it may not be ours.
func (c Client) restore(change Change) Change {
	for _, file := range change.File.backups() {
		original, err := file.read()
		if err != nil || original == nil || !file.plain() {
			continue
		}
		if c.same(original, change.After) {
			change.After, change.stale = original, file
			return change
		}
		if change.File.root == "" && change.stale.Path == "" {
			change.stale = file
		}
	}
	if change.stale.Path == "" && c.same(nil, change.After) {
		change.After = nil
	}
	return change
}

// same reports whether an entry put into the original and taken out again leaves
// what is left now.
func (c Client) same(original, left []byte) bool {
	const name = "ucbridge"
	added, err := c.add(original, name, c.shape(Entry{Name: name}))
	if err != nil {
		return false // it is not what it was
	}
	cut, err := c.section.Cut(added, name)
	return err == nil && bytes.Equal(cut, left)
}
