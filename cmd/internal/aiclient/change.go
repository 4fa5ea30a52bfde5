package aiclient

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"ucbridge/bridge/atomicfile"
	"ucbridge/cmd/internal/document"
)

// backupSuffix is added to the name of a client's settings for the copy of what
// they were before ucbridge first changed them.
const backupSuffix = ".before-ucbridge"

// Taken says that a server of that name is there, and is not one of ours.
type Taken struct {
	Name, File, Command string
}

func (e *Taken) Error() string {
	what := "it is not started by a command"
	if e.Command != "" {
		what = fmt.Sprintf("it runs %q", e.Command)
	}
	return fmt.Sprintf("the server %q in %s is not ucbridge's: %s", e.Name, e.File, what)
}

// Change is a change to a client's settings that was worked out and not written.
type Change struct {
	Client Client
	File   string
	Before []byte // nil where there was no file
	After  []byte // nil where there is to be none
	// Names are the servers added or removed; none where all is as wanted.
	Names []string
	// Was is what a server of ours under that name was started by before, where the
	// change makes it another; nil otherwise.
	Was []string
	// Backup is the copy of the original that Write makes; "" where it makes none.
	Backup string
	stale  string // a copy that Write removes
}

// Install works out how to add a server under that name, or bring one of ours
// up to date. The error is a *Taken where the name belongs to another program.
func (c Client) Install(file, name string, s Server) (Change, error) {
	change := Change{Client: c, File: file}
	before, err := readSettings(file)
	if err != nil {
		return change, err
	}
	entries, err := c.section.Entries(before)
	if err != nil {
		return change, fmt.Errorf("reading %s: %w", file, err)
	}
	object, ours := c.shape(Entry{name, s}), false
	for _, e := range entries {
		server := read(e.Value)
		if e.Name == name {
			if !server.Ours() {
				return change, &Taken{name, file, server.Command}
			}
			object = keep(c.shape(Entry{name, s.withEnv(server.Env)}), e.Value)
			if !slices.Equal(server.Args, s.Args) {
				change.Was = server.Args
			}
		}
		ours = ours || server.Ours()
	}
	after, err := c.add(before, name, object)
	if err != nil {
		return change, fmt.Errorf("changing %s: %w", file, err)
	}
	change.Before, change.After = before, after
	if bytes.Equal(before, after) {
		return change, nil
	}
	change.Names = []string{name}
	if before != nil && !ours {
		change.Backup = file + backupSuffix
	}
	return change, nil
}

// keep adds the members of an entry that its user wrote there, such as the tools
// that need no question.
func keep(o document.Object, entry map[string]any) document.Object {
	for _, name := range slices.Sorted(maps.Keys(entry)) {
		written := func(m document.Member) bool { return m.Name == name }
		if !slices.ContainsFunc(o, written) && !slices.Contains(environments, name) {
			o = append(o, document.Member{Name: name, Value: entry[name]})
		}
	}
	return o
}

// add is Put, with what a new file begins with.
func (c Client) add(before []byte, name string, o document.Object) ([]byte, error) {
	if len(bytes.TrimSpace(before)) == 0 && c.initial != "" {
		before = []byte(c.initial)
	}
	return c.section.Put(before, name, o)
}

// Uninstall works out how to remove the server of that name, or with "" all of
// ours. Where nothing else was changed since Install, it brings back the
// original to the byte, or no file where there was none.
func (c Client) Uninstall(file, name string) (Change, error) {
	change := Change{Client: c, File: file}
	before, err := readSettings(file)
	if err != nil || before == nil {
		return change, err
	}
	servers, err := c.servers(before)
	if err != nil {
		return change, fmt.Errorf("reading %s: %w", file, err)
	}
	rest, left := before, 0
	for _, e := range servers {
		switch {
		case !e.Ours() && e.Name == name:
			return change, &Taken{name, file, e.Command}
		case !e.Ours():
			continue
		case name != "" && e.Name != name:
			left++
			continue
		}
		if rest, err = c.section.Cut(rest, e.Name); err != nil {
			return change, fmt.Errorf("changing %s: %w", file, err)
		}
		change.Names = append(change.Names, e.Name)
	}
	change.Before, change.After = before, rest
	if len(change.Names) == 0 || left > 0 {
		return change, nil
	}
	return c.restore(change)
}

// restore puts the original in the place of what is left after the last of our
// servers is gone, if that is the same but for an empty section.
func (c Client) restore(change Change) (Change, error) {
	original, err := readSettings(change.File + backupSuffix)
	if err != nil {
		return change, err
	}
	if original != nil {
		change.stale = change.File + backupSuffix
	}
	const name = "ucbridge"
	added, err := c.add(original, name, c.shape(Entry{Name: name}))
	if err != nil {
		return change, nil // the copy is not what it was
	}
	if same, err := c.section.Cut(added, name); err == nil && bytes.Equal(same, change.After) {
		change.After = original
	}
	return change, nil
}

// Write carries the change out: first the backup, then the settings, each whole
// or not at all. A symbolic link stays one. It refuses where the client, which
// may be running, has written its settings since, and where its owner protects
// them against writing, which a rename would not notice.
func (c Change) Write() error {
	if len(c.Names) == 0 {
		return nil
	}
	if now, err := readSettings(c.File); err != nil || !bytes.Equal(now, c.Before) {
		return errors.Join(fmt.Errorf("%s was changed by another program meanwhile: try again", c.File), err)
	}
	if info, err := os.Stat(c.File); err == nil && info.Mode().Perm()&0o200 == 0 {
		return fmt.Errorf("%s is read-only: make it writable to have it changed", c.File)
	}
	if c.Backup != "" {
		if err := atomicfile.Replace(c.Backup, c.Before, modeOf(c.File)); err != nil {
			return err
		}
	}
	if c.After == nil {
		file, err := filepath.EvalSymlinks(c.File)
		if err != nil {
			return err
		}
		return os.Remove(file)
	}
	if err := atomicfile.Replace(c.File, c.After, modeOf(c.File)); err != nil {
		return err
	}
	if c.stale != "" {
		return os.Remove(c.stale)
	}
	return nil
}

// modeOf is who may read a file, and for a new one its owner alone.
func modeOf(file string) fs.FileMode {
	if info, err := os.Stat(file); err == nil {
		return info.Mode().Perm()
	}
	return 0o600
}

// readSettings returns nil where there is no file.
func readSettings(file string) ([]byte, error) {
	content, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err == nil && content == nil {
		content = []byte{}
	}
	return content, err
}
