package aiclient

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"

	"ucbridge/cmd/internal/document"
)

// allowList is a list of what a client may start, in the file of its rules. Without the
// list the client may start everything, so that nobody but an administrator begins one.
type allowList interface {
	// name is that of the list in its file.
	name() string
	// spell writes the rule that allows an entry and nothing else.
	spell(Entry) (string, error)
	// holds reports whether the list has that rule.
	holds(rules []byte, e Entry) bool
	// add and remove change the rules by that one. Where there is no list, or where
	// another rule has the entry's name, add returns what it was given.
	add(rules []byte, e Entry) ([]byte, error)
	remove(rules []byte, e Entry) ([]byte, error)
	// ours are the entries of ucbridge that the rules themselves tell of.
	ours(rules []byte) []Entry
}

// itemList is a list in JSON, with an item for an entry.
type itemList struct {
	document.List
	item func(Entry) any
}

func (l itemList) name() string {
	if l.Parent != "" {
		return l.Parent + "." + l.Key
	}
	return l.Key
}

func (l itemList) spell(e Entry) (string, error) {
	var b strings.Builder
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	err := encoder.Encode(l.item(e))
	return strings.TrimSuffix(b.String(), "\n"), err
}

func (l itemList) holds(rules []byte, e Entry) bool {
	left, err := l.remove(rules, e)
	return err == nil && !bytes.Equal(left, rules)
}

func (l itemList) add(rules []byte, e Entry) ([]byte, error) {
	if _, exists, err := l.Items(rules); err != nil || !exists {
		return rules, err
	}
	return l.Add(rules, l.item(e))
}

func (l itemList) remove(rules []byte, e Entry) ([]byte, error) { return l.Remove(rules, l.item(e)) }

func (l itemList) ours(rules []byte) (ours []Entry) {
	items, _, err := l.Items(rules)
	if err != nil {
		return nil
	}
	for _, item := range items {
		rule, _ := item.(map[string]any)
		command, _ := rule["serverCommand"].([]any)
		if s := read(map[string]any{"command": command}); s.Ours() {
			ours = append(ours, Entry{Server: s})
		}
	}
	return ours
}

// byCommand is a list of Claude Code and of GitHub Copilot's clients. By its name alone
// an entry is allowed only while no item of the list is a command.
var byCommand = itemList{document.List{Key: "allowedMcpServers"}, func(e Entry) any {
	words := []any{}
	for _, word := range e.words() {
		words = append(words, word)
	}
	return map[string]any{"serverCommand": words}
}}

// words are the command and its arguments.
func (s Server) words() []string { return append([]string{s.Command}, s.Args...) }

// byName is the list of Gemini CLI, which knows servers by nothing else.
var byName = itemList{document.List{Parent: "mcp", Key: "allowed"}, func(e Entry) any { return e.Name }}

// identities are the tables of Codex's requirements, one for a server.
type identities struct{ document.Section }

var byIdentity = identities{document.Section{Format: document.TOML, Key: "mcp_servers"}}

func (i identities) name() string { return i.Key }

// rule is the table that allows an entry. A command given as a text would be allowed
// with any arguments, that is, for any target.
func (i identities) rule(e Entry) document.Object {
	args := []any{}
	for _, arg := range e.Args {
		args = append(args, document.Object{{Name: "match", Value: "exact"}, {Name: "value", Value: arg}})
	}
	command := document.Object{{Name: "executable", Value: e.Command}, {Name: "args", Value: args}}
	return document.Object{{Name: "identity", Value: document.Object{{Name: "command", Value: command}}}}
}

func (i identities) spell(e Entry) (string, error) {
	text, err := i.Put(nil, e.Name, i.rule(e))
	return strings.TrimSuffix(string(text), "\n"), err
}

func (i identities) holds(rules []byte, e Entry) bool {
	same, err := i.Put(rules, e.Name, i.rule(e))
	return err == nil && bytes.Equal(same, rules)
}

func (i identities) add(rules []byte, e Entry) ([]byte, error) {
	tree, err := document.Decode(document.TOML, rules)
	if err != nil {
		return rules, err
	}
	servers, exists := tree[i.Key].(map[string]any)
	if _, named := servers[e.Name]; !exists || named {
		return rules, nil
	}
	return i.Put(rules, e.Name, i.rule(e))
}

func (i identities) remove(rules []byte, e Entry) ([]byte, error) {
	if !i.holds(rules, e) {
		return rules, nil
	}
	return i.Cut(rules, e.Name)
}

func (identities) ours([]byte) []Entry { return nil }

// Rule is what an administrator writes so that a client may start an entry.
type Rule struct {
	File string // where the rules are; it need not exist
	List string // the member of the file that the rule goes into
	Text string // the rule, in the language of the file
}

// Rule returns the rule that allows an entry of the client and nothing else. It
// reports false where the client knows no such rules.
func (c Client) Rule(s System, e Entry) (Rule, bool, error) {
	if c.managed == nil {
		return Rule{}, false, nil
	}
	e.Server, _ = c.complete(e.Server)
	text, err := c.managed.allowed.spell(e)
	if err != nil {
		return Rule{}, false, fmt.Errorf("spelling the rule for %s: %w", c.Title, err)
	}
	return Rule{c.managed.rules.path(s), c.managed.allowed.name(), text}, true, nil
}

// Allow works out how to add that rule where the client would not start an entry that
// is rolled out for lack of it.
func (c Client) Allow(s System, e Entry) (Change, error) {
	change, err := c.openRules(s)
	block := c.managed.blocks(s, Managed, e)
	if err != nil || block == nil || !block.Lacks || block.File != change.File.Path {
		return change, err
	}
	if change.After, err = c.managed.allowed.add(change.Before, e); err != nil {
		return change, fmt.Errorf("changing %s: %w", change.File.Path, err)
	}
	if bytes.Equal(change.Before, change.After) {
		return change, nil
	}
	change.Names = []string{e.Name}
	if change.File.Path != c.managed.servers.path(s) { // otherwise there is one of it already
		change.Backup, err = change.File.freeBackup(change.Before)
	}
	return change, err
}

// Ruled are the entries of ucbridge that the client's rules themselves tell of. They
// have no names.
func (c Client) Ruled(s System) []Entry {
	change, err := c.openRules(s)
	if err != nil {
		return nil // said by whoever changes the file
	}
	return c.managed.allowed.ours(change.Before)
}

// Disallow works out how to take out the rules that Allow added for entries. Those that
// were there before it stay.
func (c Client) Disallow(s System, entries []Entry) (Change, error) {
	change, err := c.openRules(s)
	if err != nil || change.Before == nil {
		return change, err
	}
	for _, copied := range change.File.backups() {
		original, err := copied.read()
		if err != nil || original == nil || !copied.plain() {
			continue
		}
		for _, e := range entries {
			if c.managed.allowed.holds(original, e) || !c.managed.allowed.holds(change.After, e) {
				continue
			}
			if change.After, err = c.managed.allowed.remove(change.After, e); err != nil {
				return change, fmt.Errorf("changing %s: %w", change.File.Path, err)
			}
			change.Names = append(change.Names, e.Name)
		}
		if len(change.Names) > 0 && bytes.Equal(original, change.After) {
			change.stale = copied
		}
		break
	}
	return change, nil
}

// openRules is a change of the client's rules that changes nothing yet.
func (c Client) openRules(s System) (Change, error) {
	change := Change{Client: c, File: File{Path: c.managed.rules.path(s), shared: true}}
	before, err := change.File.read()
	if err != nil {
		err = fmt.Errorf("reading %s: %w", change.File.Path, err)
	}
	change.Before, change.After = before, before
	return change, err
}
