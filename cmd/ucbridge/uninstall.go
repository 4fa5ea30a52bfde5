package main

import (
	"context"
	"fmt"
	"runtime"

	"github.com/spf13/cobra"

	"ucbridge/bridge/shell"
	"ucbridge/cmd/internal/aiclient"
	"ucbridge/cmd/internal/terminal"
)

// uninstall takes ucbridge out of the settings of AI clients.
type uninstall struct {
	selection
	name string
}

func newUninstall(s streams) *cobra.Command {
	u := &uninstall{selection: selection{streams: s}}
	cmd := &cobra.Command{
		Use:   "uninstall CLIENT...",
		Short: "Remove ucbridge from the settings of an AI client",
		Long: `Remove ucbridge from the settings of an AI client: every server that starts it, or
only the one named by --name. The settings become what they were before "ucbridge
install", to the byte; if they were edited since, only the entry is removed.
"ucbridge install --list" shows what is installed.`,
		Example: `  ucbridge uninstall claude-code
  ucbridge uninstall cursor --name github
  ucbridge uninstall --all-clients`,
	}
	cmd.Flags().SortFlags = false
	u.selection.bind(cmd)
	cmd.Flags().StringVar(&u.name, "name", "", "`name` of the one server to remove")
	cmd.RunE = func(cmd *cobra.Command, args []string) error { return u.run(cmd.Context(), args) }
	return cmd
}

func (u *uninstall) run(ctx context.Context, args []string) error {
	system, clients, err := u.choose(args)
	if err != nil {
		return err
	}
	return u.each(ctx, clients, func(c aiclient.Client) error {
		if u.managed {
			return u.takeBack(c, system)
		}
		file, err := u.file(c, system)
		if err != nil {
			return err
		}
		return u.from(c, system, file)
	})
}

// from removes ucbridge from one file.
func (u *uninstall) from(c aiclient.Client, system aiclient.System, file aiclient.File) error {
	defer u.turn()()
	change, err := c.Uninstall(file, u.name)
	if err != nil {
		return err
	}
	if len(change.Names) == 0 && u.name != "" {
		fmt.Fprintf(u.out, "%s: ucbridge has no %q in %s\n", c.Title, u.name, file.Path)
		u.tellOthers(c, system)
		return nil
	}
	if len(change.Names) == 0 {
		fmt.Fprintf(u.out, "%s: ucbridge is not configured in %s\n", c.Title, file.Path)
		u.tellOthers(c, system)
		return nil
	}
	return u.carryOut(change, "removed %s from %s")
}

// tellOthers says what of ucbridge the client has under another name or in other settings.
func (u *uninstall) tellOthers(c aiclient.Client, system aiclient.System) {
	if u.all {
		return
	}
	for _, place := range []struct {
		scope aiclient.Scope
		flags []string
	}{{aiclient.User, nil}, {aiclient.Project, []string{"--project"}}} {
		state := c.Look(system, place.scope)
		if place.scope == aiclient.Project && state.File == c.File(system, aiclient.User).Path {
			continue // in the home directory they are the same
		}
		for _, e := range state.Ours() {
			name := terminal.Line(e.Name)
			words := append([]string{"ucbridge", "uninstall", c.Name, "--name", name}, place.flags...)
			printLine(u.err, "hint", fmt.Sprintf("to remove %s from %s: %s", name, state.File, shell.Command(runtime.GOOS, words...)))
		}
	}
}
