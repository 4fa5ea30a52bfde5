package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"ucbridge/bridge/shell"
	"ucbridge/cmd/internal/aiclient"
	"ucbridge/cmd/internal/terminal"
)

// forbidden says what to do where the error is that only an administrator may write
// the file.
func (s *selection) forbidden(file string, err error) error {
	if !s.managed || !errors.Is(err, fs.ErrPermission) {
		return err
	}
	err = fmt.Errorf("only an administrator may write %s", file)
	words := append([]string{filepath.Base(os.Args[0])}, os.Args[1:]...)
	hints := []string{"for what would be written, add: --dry-run"}
	if runtime.GOOS == "windows" {
		return usageError{err, append(hints, "run it in a terminal that was started as administrator")}
	}
	if self, err := thisProgram(); err == nil {
		words[0] = self // sudo has a PATH of its own
	}
	return usageError{err, append(hints, "run: "+shell.Command(runtime.GOOS, append([]string{"sudo"}, words...)...))}
}

// rollOut adds entries to what a client reads for all users of the machine, and says
// by which rules it may start them.
func (i *install) rollOut(c aiclient.Client, system aiclient.System, entries []entry) error {
	if !c.Governed() {
		return noManaged(c)
	}
	if file := c.File(system, aiclient.Managed); file.Path != "" {
		if c.Exclusive() && !system.Exists(file.Path) {
			printLine(i.err, "warning", fmt.Sprintf("where %s is, %s starts no server that users add themselves", file.Path, c.Title))
		}
		i.warnOfHome(system, entries)
		before := c.Look(system, aiclient.Managed).Ours()
		for _, e := range entries {
			if err := i.into(c, file, e.name, e.server); err != nil {
				return err
			}
			if err := i.disallow(c, system, replaced(before, e)); err != nil {
				return err
			}
		}
		i.announceServers()
	} else {
		fmt.Fprintf(i.out, "%s: it reads no servers for a whole machine, and rules alone\n", c.Title)
	}
	for _, e := range entries {
		if err := i.allow(c, system, aiclient.Entry{Name: e.name, Server: e.server}); err != nil {
			return err
		}
	}
	return nil
}

// warnOfHome says which files of entries for all users are in the home of one.
func (i *install) warnOfHome(system aiclient.System, entries []entry) {
	var told []string
	for _, e := range entries {
		words := slices.Concat([]string{e.server.Command, e.server.Env["DATABRICKS_CONFIG_FILE"]}, e.server.Args)
		for _, word := range words {
			below, err := filepath.Rel(system.Home, word)
			if err != nil || !filepath.IsAbs(word) || !filepath.IsLocal(below) || slices.Contains(told, word) {
				continue
			}
			told = append(told, word)
			printLine(i.err, "warning", fmt.Sprintf("%s is in your home, where other users may not read it", word))
		}
	}
}

// replaced are the entries whose place an entry takes that starts something else.
func replaced(before []aiclient.Entry, e entry) []aiclient.Entry {
	return slices.DeleteFunc(slices.Clone(before), func(was aiclient.Entry) bool {
		return was.Name != e.name || was.Command == e.server.Command && slices.Equal(was.Args, e.server.Args)
	})
}

// disallow takes out the rules that were added for entries.
func (s *selection) disallow(c aiclient.Client, system aiclient.System, entries []aiclient.Entry) error {
	if len(entries) == 0 {
		return nil
	}
	change, err := c.Disallow(system, entries)
	if err != nil || len(change.Names) == 0 {
		return err
	}
	return s.carryOut(change, "took back the rule for %s in %s")
}

// allow adds an entry to the list of what the client may start, where there is one,
// and prints the rule for those who keep it elsewhere.
func (i *install) allow(c aiclient.Client, system aiclient.System, e aiclient.Entry) error {
	rule, _, err := c.Rule(system, e)
	if err != nil {
		return err
	}
	change, err := c.Allow(system, e)
	if err != nil {
		return err
	}
	if len(change.Names) > 0 {
		if err := i.carryOut(change, "allowed %s in %s"); err != nil {
			return err
		}
	}
	margin := "  "
	if i.dryRun {
		margin = "# " // patch passes over such lines
	}
	fmt.Fprintf(i.out, "%sthe rule that allows it, for %s in %s where there is such a list:\n", margin, rule.List, rule.File)
	for line := range strings.Lines(rule.Text) {
		fmt.Fprintf(i.out, "%s  %s\n", margin, terminal.Line(strings.TrimSuffix(line, "\n")))
	}
	state := aiclient.State{Client: c, Scope: aiclient.Managed}
	if block := state.Block(system, e); block != nil && len(change.Names) == 0 {
		printLine(i.err, "warning", fmt.Sprintf("%s does not start %s, by %s: %s", c.Title, e.Name, block.File, block.Reason))
	}
	return nil
}

// noManaged is the refusal of a client that knows nothing of administrators.
func noManaged(c aiclient.Client) error {
	return usageError{
		fmt.Errorf("%s has no settings for all users of a machine", c.Title),
		[]string{"install it for each user, without --managed"},
	}
}

// takeBack removes what rollOut has added: the rules first, as the copy of the settings
// is without them.
func (u *uninstall) takeBack(c aiclient.Client, system aiclient.System) error {
	if !c.Governed() {
		return noManaged(c)
	}
	file := c.File(system, aiclient.Managed)
	var entries []aiclient.Entry
	for _, e := range c.Look(system, aiclient.Managed).Ours() {
		if u.name == "" || u.name == e.Name {
			entries = append(entries, e)
		}
	}
	if file.Path == "" {
		entries = c.Ruled(system)
	}
	if err := u.disallow(c, system, entries); err != nil {
		return err
	}
	switch {
	case file.Path != "":
		return u.from(c, system, file)
	case len(entries) == 0:
		fmt.Fprintf(u.out, "%s: no rule allows ucbridge\n", c.Title)
	}
	return nil
}
