// Package policy is the language of rules: what a policy file may say, where the files
// are, and how they rule on a tool, a prompt, a resource or a method. It knows neither
// messages nor network.
//
// A [Policy] is what all [Sources] say about one target. Each source can forbid, none
// can permit what another forbids, and one that cannot be read makes a policy under
// which nothing passes ([Policy.Broken]).
package policy

import (
	"fmt"
	"net/url"
	"reflect"
	"slices"
	"strings"

	"ucbridge/bridge/confusable"
)

// Place is where a rule was written: a file with line and column, counted from 1,
// or the name of a flag.
type Place struct {
	File         string
	Line, Column int
}

// String is the place as editors and terminals know it, file:line.
func (p Place) String() string {
	if p.Line == 0 {
		return p.File
	}
	return fmt.Sprintf("%s:%d", p.File, p.Line)
}

// Names says which names of one kind may pass. Deny beats Allow; where Allow was
// written, a name must be in it, even if nothing is.
type Names struct {
	Allow, Deny []Pattern
	Allowing    *Place // of allow, nil where it was not written
}

// Rules are one section of a policy. Several may apply to a connection, and then
// each of them must let a message pass: nothing in one can weaken another.
type Rules struct {
	At Place
	// Connection is the glob of the connections, MCP services or URLs that the
	// section is about. It is compared without regard to case, as Unity Catalog does.
	Connection Pattern
	// For and When say whom and which calls it is about: all of them must hold.
	For  []People
	When []Argument

	Tools, Prompts, Resources Names
	// ReadOnly, where set, lets only those tools pass that their server declares to
	// be read-only, but for those in Writes; and those in Reads.
	ReadOnly      *Place
	Reads, Writes []Pattern
	// Confirm are tools before whose calls the user is asked; with ConfirmDestructive
	// those that may destroy are, too.
	Confirm            []Pattern
	ConfirmDestructive *Place
	// Calls limit how often tools are called, MaxCall how long a call may be; nil is
	// no limit.
	Calls   []Limit
	MaxCall *Size
	// Pins say what happens to a definition that has changed.
	Pins Pinning
	// Secrets say what happens to them; MaxResult is the budget for a result's text.
	Secrets   Secrets
	MaxResult *Size
	// Methods are methods beyond those of MCP that may pass.
	Methods []Pattern
	// Meta are members of _meta that calls get.
	Meta []Preset
}

// File is one source of rules, read.
type File struct {
	Name    string
	Managed bool // the administrator's
	Flags   bool // no file, but flags of the command line or variables for them
	Rules   []*Rules
	// Audit is where the file wants a log kept, nil for nowhere.
	Audit *AuditRules
}

// Policy is what applies to one connection. It is never modified, and safe for
// concurrent use.
type Policy struct {
	// Files holds, of each source, the rules that are about the connection.
	Files []*File
	// Broken, where set, says why a source cannot be read: then nothing passes.
	Broken error
	// Closed, where set, says why nothing passes although it can be read: it cannot be told
	// who calls, where rules are about people, or the target is not known to speak MCP.
	Closed error
	// NotMCP says that the target is not known to speak MCP: an API there may act on any
	// message, whatever its method, so that not even those pass that keep a client connected.
	NotMCP bool
	// Audits are the logs to keep, one a file.
	Audits []AuditRules
}

// each calls each for the sections of all sources.
func (p *Policy) each(each func(*Rules)) {
	for _, f := range p.Files {
		for _, r := range f.Rules {
			each(r)
		}
	}
}

// Target is what a bridge leads to.
type Target struct {
	// Names are those by which a policy may speak of it; the first is the user's own.
	Names []string
	// NotMCP says that it is a path of the workspace that is not known to speak MCP. What
	// passes there need not be MCP's, and no rule about a connection beneath it would hold.
	NotMCP bool
}

// TargetOf returns them for a connection, an MCP service or a URL. A connection
// can be reached by URL as well, so every part of the path counts as a name.
func TargetOf(connection, service, address string) Target {
	var t Target
	for _, name := range []string{connection, service, address} {
		if name != "" {
			t.Names = append(t.Names, name)
		}
	}
	if address == "" {
		return t
	}
	if u, err := url.Parse(address); err == nil {
		address = u.Path
	}
	for _, s := range spellingsOf(address) {
		t.Names = append(t.Names, strings.FieldsFunc(s, func(r rune) bool { return r == '/' })...)
	}
	return t
}

// Concerns reports whether the section is about the target.
func (r *Rules) Concerns(t Target) bool {
	return slices.ContainsFunc(t.Names, func(name string) bool { return r.Connection.resembles(confusable.Skeleton(name)) })
}

// only returns the file with nothing but what is about the target.
func (f *File) only(t Target) *File {
	// A section that says nothing about messages, as in a file about the log alone,
	// does not make a policy.
	kept := &File{Name: f.Name, Flags: f.Flags, Managed: f.Managed}
	for _, r := range f.Rules {
		if r.Concerns(t) && !r.empty() {
			kept.Rules = append(kept.Rules, r)
		}
	}
	return kept
}

// empty reports whether the section says nothing.
func (r *Rules) empty() bool {
	blank := Rules{At: r.At, Connection: r.Connection, For: r.For, When: r.When}
	return reflect.DeepEqual(*r, blank)
}

// NeedsTools reports whether a call can be ruled on only by what the server says
// of its tool, or by whether it lists it.
func (p *Policy) NeedsTools() bool {
	speaks := false
	p.each(func(r *Rules) {
		n := r.Tools
		speaks = speaks || n.Allowing != nil || len(n.Deny) > 0 || r.ReadOnly != nil || len(r.Confirm) > 0 || r.ConfirmDestructive != nil ||
			r.Pins.Mode == PinEnforce
	})
	return speaks
}

// Silent reports whether no rule is about the connection: then all methods pass.
func (p *Policy) Silent() bool { return len(p.Files) == 0 && p.Broken == nil && p.Closed == nil }
