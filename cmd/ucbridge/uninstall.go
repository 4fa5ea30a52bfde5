package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"ucbridge/cmd/internal/aiclient"
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
		return u.from(c, file)
	})
}

// from removes ucbridge from one file.
func (u *uninstall) from(c aiclient.Client, file aiclient.File) error {
	defer u.turn()()
	change, err := c.Uninstall(file, u.name)
	if err != nil {
		return err
	}
	if len(change.Names) == 0 && u.name != "" {
		fmt.Fprintf(u.out, "%s: ucbridge has no %q in %s\n", c.Title, u.name, file.Path)
		return nil
	}
	if len(change.Names) == 0 {
		fmt.Fprintf(u.out, "%s: ucbridge is not configured in %s\n", c.Title, file.Path)
		return nil
	}
	return u.carryOut(change, "removed %s from %s")
}
