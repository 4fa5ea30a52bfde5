package doctor

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"strings"

	"ucbridge/bridge/shell"
	"ucbridge/cmd/internal/aiclient"
	"ucbridge/cmd/internal/terminal"
	"ucbridge/config"
)

// client is an AI client in the data of the check.
type client struct {
	Client  string   `json:"client"`
	File    string   `json:"file"`
	Project bool     `json:"project"`
	Managed bool     `json:"managed,omitempty"` // of the whole machine
	Servers []string `json:"servers"`           // those that start ucbridge
	// Withheld are variables of this shell that matter to ucbridge, and that the client
	// does not pass on.
	Withheld []string `json:"withheld,omitempty"`
	// Off are those of the servers that the user has turned off.
	Off   []string `json:"off,omitempty"`
	Error string   `json:"error,omitempty"`
}

// clients looks into the settings of the AI clients on this machine, the user's
// and those in the current folder.
func (m *machine) clients(context.Context) Finding {
	found := []client{}
	var with, without, hints []string
	var none []aiclient.Client // that have no ucbridge
	var broken []Finding
	for _, state := range m.states() {
		title := state.Client.Title
		one := client{Client: state.Client.Name, File: state.File, Project: state.Scope == aiclient.Project, Managed: state.Scope == aiclient.Managed, Servers: []string{}}
		broken = append(broken, m.lookInto(state, &one)...)
		found = append(found, one)
		switch names := strings.Join(one.Servers, ", "); {
		case names == "" && state.Scope == aiclient.User:
			without, none = append(without, title), append(none, state.Client)
		case len(one.Withheld) > 0:
			with = append(with, terminal.Line(fmt.Sprintf("%s has %s%s, and does not pass on %s", title, names, whose[state.Scope], strings.Join(one.Withheld, ", "))))
			hints = append(hints, m.passingOn(state, one))
		case names != "":
			text := fmt.Sprintf("%s has %s%s", title, names, whose[state.Scope])
			if len(one.Off) > 0 {
				text += ", turned off there: " + strings.Join(one.Off, ", ")
			}
			with = append(with, terminal.Line(text))
		}
	}
	switch {
	case len(broken) > 0:
		first := broken[0]
		steps := []step{{hint: first.Hint}}
		for _, f := range broken[1:] {
			first.Detail += "; " + f.Detail
			steps = append(steps, step{hint: f.Hint})
		}
		return first.withData(found).withHint("%s", next(steps))
	case len(hints) > 0: // one that carries proxy and certificates over
		return ok("%s", strings.Join(with, "; ")).withData(found).withHint("%s", hints[0])
	case len(with) > 0:
		return ok("%s", strings.Join(with, "; ")).withData(found)
	case len(without) == 0:
		return ok("no AI client is found on this machine").withData(found)
	}
	nowhere := ok("ucbridge is not installed in %s", strings.Join(without, ", ")).withData(found).withHint("%s", m.installing(none))
	nowhere.onceWell = true
	return nowhere
}

// whose says of which settings one speaks, other than the user's.
var whose = map[aiclient.Scope]string{aiclient.Project: " in this folder", aiclient.Managed: " for all users"}

// states are those of the clients on this machine, and of the current folder, that
// have settings or could have.
func (m *machine) states() []aiclient.State {
	m.looking.Do(func() {
		for _, c := range aiclient.Clients {
			for _, scope := range []aiclient.Scope{aiclient.User, aiclient.Project, aiclient.Managed} {
				state := c.Look(m.opts.System, scope)
				if scope == aiclient.Project && state.File == c.File(m.opts.System, aiclient.User).Path {
					continue // in the home directory they are the same
				}
				if state.Exists || state.File != "" && state.Installed && scope == aiclient.User {
					m.looked = append(m.looked, state)
				}
			}
		}
	})
	return m.looked
}

// installing is the command that puts the target into the settings of those clients.
func (m *machine) installing(clients []aiclient.Client) string {
	which := "--all-clients"
	if len(clients) == 1 {
		which = clients[0].Name
	}
	if m.opts.Connect == nil && len(m.opts.Several) == 0 {
		return m.commands.ForWorkspace("install", which, "--connection", "NAME")
	}
	return m.commands.ForTarget("install", which)
}

// lookInto returns what is wrong with the settings of one client.
func (m *machine) lookInto(state aiclient.State, one *client) []Finding {
	if state.Err != nil {
		one.Error = state.Err.Error()
		return []Finding{failed("%s cannot read its settings: %w", state.Client.Title, state.Err).
			withHint("correct it in %s, then restart %s", state.File, state.Client.Title)}
	}
	var broken []Finding
	for _, found := range state.Unread {
		one.Error = fmt.Sprintf("%s on line %d", found.Extension, found.Line)
		broken = append(broken, failed("%s cannot read its settings: it takes no %s, as on line %d of %s", state.Client.Title, found.Extension, found.Line, state.File).
			withHint("remove the %s from %s, then restart %s", found.Extension, state.File, state.Client.Title))
	}
	for _, entry := range state.Ours() {
		one.Servers = append(one.Servers, entry.Name)
		if _, err := entry.Program(); err != nil {
			one.Error = err.Error()
			broken = append(broken, failed("%s starts %s for %q, which is not there", state.Client.Title, entry.Command, entry.Name).
				withHint("%s", m.reinstalling(state, entry)))
		} else if missing := m.missing(entry); missing != "" {
			one.Error = missing
			broken = append(broken, failed("%s has %s, which cannot work: %s", state.Client.Title, terminal.Line(entry.Name), terminal.Line(missing)).
				withHint("%s", m.removing(state, entry)))
		} else if block := state.Block(m.opts.System, entry); block != nil {
			if block.Own {
				one.Off = append(one.Off, entry.Name)
			} else {
				one.Error = block.Reason + ": " + block.File
				broken = append(broken, m.blocked(state, entry, *block))
			}
		}
		one.Withheld = append(one.Withheld, state.Withheld(entry, m.opts.Environment)...)
	}
	slices.Sort(one.Withheld)
	one.Withheld = slices.Compact(one.Withheld)
	return broken
}

// passingOn is how a server gets the variables that its client keeps back: install
// carries those of the network over.
func (m *machine) passingOn(state aiclient.State, one client) string {
	if slices.ContainsFunc(one.Withheld, aiclient.OfNetwork) {
		return m.reinstalling(state, state.Ours()[0])
	}
	return "keep what they say in a profile of ~/.databrickscfg, and install with --profile NAME"
}

// scopeFlag chooses the settings of a scope.
var scopeFlag = map[aiclient.Scope][]string{aiclient.Project: {"--project"}, aiclient.Managed: {"--managed"}}

// removing is the command that takes an entry out.
func (m *machine) removing(state aiclient.State, entry aiclient.Entry) string {
	words := append([]string{"ucbridge", "uninstall", state.Client.Name, "--name", terminal.Line(entry.Name)}, scopeFlag[state.Scope]...)
	return "install it again, or remove it with: " + shell.Command(runtime.GOOS, words...)
}

// reinstalling is the command that writes the entry again, with this program.
func (m *machine) reinstalling(state aiclient.State, entry aiclient.Entry) string {
	words := append([]string{"ucbridge", "install", state.Client.Name, "--name", entry.Name}, scopeFlag[state.Scope]...)
	for _, arg := range entry.Args {
		if arg != "stdio" {
			words = append(words, terminal.Line(arg))
		}
	}
	return shell.Command(runtime.GOOS, config.ShownWords(words)...)
}
