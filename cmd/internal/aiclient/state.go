package aiclient

import (
	"fmt"
	"os"
	"slices"

	"ucbridge/cmd/internal/document"
)

// State is what is found of a client on this machine.
type State struct {
	Client    Client
	Scope     Scope  // of the settings
	Installed bool   // the client, as far as its files tell
	File      string // its settings; "" where it has none of the kind asked for
	Exists    bool   // the file
	// Err says why the settings cannot be read, with line and column where they
	// do not parse.
	Err     error
	Servers []Entry // all of them, by name
	// Unread is what the settings have that the client cannot read.
	Unread []document.Found
}

// Entry is a server in a client's settings.
type Entry struct {
	Name string `json:"name"`
	Server
}

// Ours are the entries that start ucbridge.
func (s State) Ours() []Entry {
	var ours []Entry
	for _, e := range s.Servers {
		if e.Ours() {
			ours = append(ours, e)
		}
	}
	return ours
}

// Look reads the settings of a client in that scope.
func (c Client) Look(s System, scope Scope) State {
	file := c.File(s, scope)
	state := State{Client: c, Scope: scope, Installed: c.Installed(s), File: file.Path}
	if state.File == "" {
		return state
	}
	content, err := file.read()
	if _, missing := os.Lstat(file.Path); err == nil && content == nil || err != nil && missing != nil {
		return state // a folder of that name may lead elsewhere and have nothing of the client's
	}
	state.Exists = true
	if err == nil {
		state.Servers, err = c.servers(content)
		state.Unread = c.unread(content)
	}
	if err != nil {
		state.Err = fmt.Errorf("reading %s: %w", state.File, err)
	}
	return state
}

// servers reads the servers in a client's settings.
func (c Client) servers(content []byte) ([]Entry, error) {
	entries, err := c.section.Entries(content)
	if err != nil {
		return nil, err
	}
	servers := make([]Entry, len(entries))
	for i, e := range entries {
		servers[i] = Entry{e.Name, read(e.Value)}
	}
	return servers, nil
}

// unread is what settings have that the client cannot read.
func (c Client) unread(content []byte) []document.Found {
	return slices.DeleteFunc(c.section.Extensions(content), func(f document.Found) bool { return c.refuses&f.Extension == 0 })
}
