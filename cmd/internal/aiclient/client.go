// Package aiclient knows the AI clients that start MCP servers: where each keeps
// its settings, in which shape, and how to put a server there and take it out
// again without touching anything else.
package aiclient

import (
	"slices"

	"ucbridge/cmd/internal/document"
)

// Client is an AI client.
type Client struct {
	Name  string // as a user types it
	Title string // as its makers write it
	// aliases are other names that users type.
	aliases []string
	// Next is what a user does after a change to make the client see it.
	Next string

	// files are the client's settings by system, "" for every other one. Of
	// several the first that exists is the one, and the last where none does.
	files map[string][]string
	// moved is a folder of newer releases: where it is, the last of files is the one.
	moved string
	// project is the settings file in a project's folder; "" where there is none.
	project string
	// marks are what an installed client leaves behind. Without any it is the
	// folder that its settings are in.
	marks []string
	// programs are those by which it is started from a shell, as far as no other program
	// in wide use has the name: goose is a tool for databases, too, and zed that of SpiceDB.
	programs []string
	// initial is what a new file begins with.
	initial string
	section document.Section
	shape   func(Entry) document.Object

	// seen is the release that read what Install wrote, in e2e or by hand; "" where
	// no program was to be had, and the entry is as its makers document it. What
	// follows was seen there, or is documented, too.
	seen string
	// refuses are extensions with which the client reads none of its settings.
	refuses document.Extension
	// substitutes is text that it replaces in the command and its arguments.
	substitutes substitution
	environment environment

	// managed is how the client is governed on a whole machine; nil where nothing is
	// known of that.
	managed *managed
}

// Scope is whose settings are meant.
type Scope int

// The settings of the user, of the project in the current folder, and those that an
// administrator rolls out to all users of the machine.
const (
	User Scope = iota
	Project
	Managed
)

// Find returns the client of that name or alias.
func Find(name string) (Client, bool) {
	for _, c := range Clients {
		if c.Name == name || slices.Contains(c.aliases, name) {
			return c, true
		}
	}
	return Client{}, false
}

// File is the file of the client's servers in that scope. It is the zero File where
// the client has none on that system. It need not exist.
func (c Client) File(s System, scope Scope) File {
	switch {
	case scope == Managed && (c.managed == nil || c.managed.servers.path(s) == ""), scope == Project && c.project == "":
		return File{}
	case scope == Managed:
		return File{Path: c.managed.servers.path(s), shared: true}
	case scope == Project:
		return File{Path: s.path(c.project), root: s.Dir, name: c.project}
	}
	var file File
	newer := c.moved != "" && s.Exists(s.path(c.moved))
	for _, pattern := range c.patterns(s) {
		file = File{Path: s.path(pattern), top: s.top(pattern)}
		if s.Exists(file.Path) && !newer {
			break
		}
	}
	return file
}

func (c Client) patterns(s System) []string {
	if patterns, ok := c.files[s.OS]; ok {
		return patterns
	}
	return c.files[""]
}

// Installed reports whether the client seems to be there.
func (c Client) Installed(s System) bool {
	if s.OnPath != nil && slices.ContainsFunc(c.programs, s.OnPath) {
		return true
	}
	for _, mark := range c.marks {
		if s.Exists(s.path(mark)) {
			return true
		}
	}
	for _, pattern := range c.patterns(s) {
		path := s.path(pattern)
		if s.Exists(path) || len(c.marks) == 0 && s.Exists(parent(path)) {
			return true
		}
	}
	return false
}
