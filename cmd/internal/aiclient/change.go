package aiclient

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"time"

	"ucbridge/bridge/sharedfile"
	"ucbridge/cmd/internal/document"
)

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
	File   File
	Before []byte // nil where there was no file
	After  []byte // nil where there is to be none
	// Names are the servers added or removed; none where all is as wanted.
	Names []string
	// Was is the server of ours that has the name already, nil where there is none.
	Was *Server
	// Taken are the names of all servers that are there.
	Taken []string
	// Unread is what After has that the client cannot read: all of its settings are
	// lost to it then.
	Unread []document.Found
	// Stripped are variables of the entry that lost the user and password of a proxy.
	Stripped []string
	// Backup is the copy of the original that Write makes; the zero File where it
	// makes none.
	Backup File
	stale  File // a copy that Write removes
}

// Unreadable says that a settings file cannot be read or does not parse. It stays as it
// is.
type Unreadable struct {
	Path string
	Err  error
}

func (e *Unreadable) Error() string { return fmt.Sprintf("reading %s: %v", e.Path, e.Err) }

func (e *Unreadable) Unwrap() error { return e.Err }

// turnTimeout is how long others who change settings are waited for: a change takes
// milliseconds.
const turnTimeout = 5 * time.Second

// Turn waits until no other process of ucbridge changes settings of this user's clients,
// from reading them to writing them: of two that begin with the same file the later one
// would undo the other. It returns what gives the turn up. Where there is nowhere to wait,
// or for longer than turnTimeout, the turn is taken all the same, and Write is what notices.
func Turn() (done func()) {
	dir, err := os.UserCacheDir()
	if err != nil {
		return func() {}
	}
	unlock, err := sharedfile.Lock(filepath.Join(dir, "ucbridge", "clients.lock"), turnTimeout)
	if err != nil {
		return func() {}
	}
	return unlock
}

// Install works out how to add a server under that name, or bring one of ours
// up to date. The error is a *Taken where the name belongs to another program.
func (c Client) Install(file File, name string, s Server) (Change, error) {
	change := Change{Client: c, File: file}
	before, err := file.read()
	if err != nil {
		return change, &Unreadable{file.Path, err}
	}
	entries, err := c.section.Entries(before)
	if err != nil {
		return change, &Unreadable{file.Path, err}
	}
	s, change.Stripped = c.complete(s)
	if err := c.checkWords(s); err != nil {
		return change, err
	}
	object, ours := c.shape(Entry{name, s}), false
	for _, e := range entries {
		server := read(e.Value)
		change.Taken = append(change.Taken, e.Name)
		if e.Name == name {
			if !server.Ours() {
				return change, &Taken{name, file.Path, server.Command}
			}
			if file.root == "" { // a repository's own words do not become the user's
				object = keep(c.shape(Entry{name, s.over(server)}), e.Value)
			}
			change.Was = &server
		}
		ours = ours || server.Ours()
	}
	after, err := c.add(before, name, object)
	if err != nil {
		return change, fmt.Errorf("changing %s: %w", file.Path, err)
	}
	change.Before, change.After, change.Unread = before, after, c.unread(after)
	if bytes.Equal(before, after) {
		return change, nil
	}
	change.Names = []string{name}
	if before != nil && !ours {
		change.Backup, err = file.freeBackup(before)
	}
	return change, err
}

// keep adds the members of an entry that its user wrote there, such as the tools
// that need no question, and lets them stand where ours say another thing.
func keep(o document.Object, entry map[string]any) document.Object {
	for _, name := range slices.Sorted(maps.Keys(entry)) {
		at := slices.IndexFunc(o, func(m document.Member) bool { return m.Name == name })
		switch {
		case slices.Contains(launch, name):
		case at >= 0:
			o[at].Value = entry[name]
		default:
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
func (c Client) Uninstall(file File, name string) (Change, error) {
	change := Change{Client: c, File: file}
	before, err := file.read()
	if err != nil {
		return change, &Unreadable{file.Path, err}
	}
	if before == nil {
		return change, nil
	}
	servers, err := c.servers(before)
	if err != nil {
		return change, &Unreadable{file.Path, err}
	}
	rest, left := before, 0
	for _, e := range servers {
		switch {
		case !e.Ours() && e.Name == name:
			return change, &Taken{name, file.Path, e.Command}
		case !e.Ours():
			continue
		case name != "" && e.Name != name:
			left++
			continue
		}
		if rest, err = c.section.Cut(rest, e.Name); err != nil {
			return change, fmt.Errorf("changing %s: %w", file.Path, err)
		}
		change.Names = append(change.Names, e.Name)
	}
	change.Before, change.After = before, rest
	if len(change.Names) == 0 || left > 0 {
		return change, nil
	}
	return c.restore(change), nil
}

// Write carries the change out: first the backup, then the settings, each whole
// or not at all. It refuses where the client, which may be running, has written
// its settings since, and where its owner protects them against writing, which a
// rename would not notice.
func (c Change) Write() error {
	if len(c.Names) == 0 {
		return nil
	}
	if now, err := c.File.read(); err != nil || !bytes.Equal(now, c.Before) {
		return errors.Join(fmt.Errorf("%s was changed by another program meanwhile: try again", c.File.Path), err)
	}
	mode := c.File.mode()
	if mode&0o200 == 0 {
		return fmt.Errorf("%s is read-only: make it writable to have it changed", c.File.Path)
	}
	fresh := c.Backup.Path != "" && !c.Backup.taken()
	if err := c.Backup.keep(c.Before, mode); err != nil {
		return err
	}
	if c.After == nil {
		return c.File.remove()
	}
	if err := c.File.replace(c.After, mode); err != nil {
		if fresh { // of settings that were not changed
			err = errors.Join(err, c.Backup.remove())
		}
		return err
	}
	if c.stale.Path == "" {
		return nil
	}
	return c.stale.remove()
}
