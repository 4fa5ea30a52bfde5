package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"ucbridge/cmd/internal/aiclient"
	"ucbridge/cmd/internal/terminal"
)

// here finds AI clients on this machine; tests have another for what is of the whole
// machine.
var here = aiclient.Here

// selection is which clients a command changes, and whether it does.
type selection struct {
	streams
	all, project, managed, dryRun bool
	// planned is what --dry-run would have left of a file, by path: the next of several
	// entries comes after that.
	planned map[string][]byte
}

func (s *selection) bind(cmd *cobra.Command) {
	cmd.Flags().BoolVar(&s.all, "all-clients", false, "every client that is found on this machine")
	cmd.Flags().BoolVar(&s.project, "project", false, "the settings in the current folder, not the user's")
	cmd.Flags().BoolVar(&s.managed, "managed", false, "what an administrator rolls out to all users of this machine")
	cmd.Flags().BoolVar(&s.dryRun, "dry-run", false, "print the change as a diff and write nothing")
	cmd.ValidArgsFunction = func(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
		var names []string
		for _, c := range aiclient.Clients {
			if !slices.Contains(args, c.Name) {
				names = append(names, c.Name+"\t"+c.Title)
			}
		}
		return names, cobra.ShellCompDirectiveNoFileComp
	}
}

// scope is whose settings are changed.
func (s *selection) scope() aiclient.Scope {
	switch {
	case s.managed:
		return aiclient.Managed
	case s.project:
		return aiclient.Project
	}
	return aiclient.User
}

// clientNames lists the clients, in lines of that width.
func clientNames(width int) string {
	var text strings.Builder
	column := len("Clients: ")
	for i, c := range aiclient.Clients {
		word := c.Name + ", "
		if i == len(aiclient.Clients)-1 {
			word = c.Name + "."
		}
		if column+len(word) > width {
			text.WriteString("\n")
			column = 0
		}
		text.WriteString(word)
		column += len(word)
	}
	return strings.ReplaceAll(text.String(), " \n", "\n")
}

// choose returns the machine, and the clients that the command line names.
func (s *selection) choose(args []string) (aiclient.System, []aiclient.Client, error) {
	system, err := here()
	if err != nil {
		return system, nil, err
	}
	switch {
	case s.managed && s.project:
		return system, nil, usageError{error: errors.New("--managed and --project contradict each other")}
	case s.all && len(args) > 0:
		return system, nil, usageError{error: fmt.Errorf("--all-clients and %q contradict each other", args[0])}
	case len(args) > 0:
		var clients []aiclient.Client
		for _, name := range args {
			client, ok := aiclient.Find(name)
			if !ok {
				return system, nil, usageError{fmt.Errorf("unknown client %q", name), unknownClient(name)}
			}
			clients = append(clients, client)
		}
		return system, clients, nil
	case !s.all:
		return system, nil, usageError{errors.New("no client: name one, or give --all-clients"), []string{"run: ucbridge install --list"}}
	}
	var found []aiclient.Client
	for _, c := range aiclient.Clients {
		if c.Installed(system) && (s.managed && c.Governed() || c.File(system, s.scope()).Path != "") {
			found = append(found, c)
		}
	}
	if len(found) == 0 {
		return system, nil, usageError{errors.New("no client is found on this machine"), []string{"name one, see: ucbridge install --list"}}
	}
	return system, found, nil
}

// file is the settings to change.
func (s *selection) file(c aiclient.Client, system aiclient.System) (aiclient.File, error) {
	file := c.File(system, s.scope())
	if file.Path == "" {
		return file, usageError{fmt.Errorf("%s has no settings in a project's folder", c.Title), []string{"leave out --project: its settings are for all your projects"}}
	}
	return file, nil
}

// each does one thing to all clients. One that fails does not keep the others from it; a
// signal does, and nothing is left half done.
func (s *selection) each(ctx context.Context, clients []aiclient.Client, do func(aiclient.Client) error) error {
	var failed error
	for _, c := range clients {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		err := do(c)
		if err != nil && failed != nil {
			report(s.err, ctx, failed)
		}
		if err != nil {
			failed = err
		}
	}
	return failed
}

// turn is [aiclient.Turn], if something is to be written.
func (s *selection) turn() (done func()) {
	if s.dryRun {
		return func() {}
	}
	return aiclient.Turn()
}

// carryOut writes a change and says so, as in "added %s to %s" with the names and
// the file, or prints it as a diff.
func (s *selection) carryOut(c aiclient.Change, done string) error {
	if s.dryRun {
		if c.Backup.Path != "" { // patch passes over such a line
			fmt.Fprintf(s.out, "# a copy of it as it is would go to %s\n", c.Backup.Path)
		}
		if s.planned == nil {
			s.planned = make(map[string][]byte)
		}
		s.planned[c.File.Path] = c.After
		_, err := s.out.Write(unified(c))
		return err
	}
	if err := c.Write(); err != nil {
		return s.forbidden(c.File.Path, err)
	}
	_, err := fmt.Fprintf(s.out, "%s: "+done+"\n", c.Client.Title, terminal.Line(strings.Join(c.Names, ", ")), c.File.Path)
	return err
}
