package main

import (
	"context"
	"io"
	"time"

	"github.com/spf13/cobra"

	"ucbridge/bridge/refusal"
	"ucbridge/bridge/unitycatalog"
	"ucbridge/config"
	"ucbridge/config/route"
)

// completionPatience is how long a shell's user waits for names.
const completionPatience = 3 * time.Second

// completeServers offers the names there are for --connection and --mcp-service
// to a shell's completion; nothing, where they cannot be had.
func completeServers(cmd *cobra.Command, cfg *config.Config) {
	for flag, list := range map[string]lister{
		"connection": (*unitycatalog.Catalog).Connections, "mcp-service": (*unitycatalog.Catalog).Services,
	} {
		complete := func(cmd *cobra.Command, _ []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
			return serverNames(cmd.Context(), cfg, list), cobra.ShellCompDirectiveNoFileComp
		}
		if err := cmd.RegisterFlagCompletionFunc(flag, complete); err != nil {
			panic(err) // the flag does not exist
		}
	}
}

// completeTarget offers the same names for the first argument, unless a flag names the
// target. After that the shell does what rest says.
func completeTarget(cmd *cobra.Command, cfg *config.Config, rest cobra.ShellCompDirective) {
	cmd.ValidArgsFunction = func(cmd *cobra.Command, args []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
		if len(args) > 0 || targetByName(cmd) {
			return nil, rest
		}
		return targetNames(cmd.Context(), cfg), cobra.ShellCompDirectiveNoFileComp
	}
}

// targetByName reports whether a flag of the command line names the target.
func targetByName(cmd *cobra.Command) bool {
	flags := cmd.Flags()
	return flags.Changed("connection") || flags.Changed("mcp-service") || flags.Changed("url")
}

// targetNames are the names of what can be a target.
func targetNames(ctx context.Context, cfg *config.Config) []cobra.Completion {
	return serverNames(ctx, cfg, (*unitycatalog.Catalog).Connections, (*unitycatalog.Catalog).Services)
}

// serverNames are the names in some lists of the catalog.
func serverNames(ctx context.Context, cfg *config.Config, lists ...lister) (names []cobra.Completion) {
	workspace, err := openWorkspace(cfg, streams{err: io.Discard})
	if err != nil {
		return nil
	}
	defer workspace.Close()
	ctx, cancel := context.WithTimeout(ctx, completionPatience)
	defer cancel()
	for _, list := range lists {
		servers, _ := list(unitycatalog.New(workspace), ctx)
		for _, s := range servers {
			names = append(names, refusal.Quote(s.Name))
		}
	}
	return names
}

// lister is one of the lists of the catalog, as a method expression.
type lister func(*unitycatalog.Catalog, context.Context) ([]unitycatalog.Server, error)

// completeSeveral offers the values of flags that choose targets to a shell's completion.
func completeSeveral(cmd *cobra.Command, cfg *config.Config) {
	completeChoice(cmd, "route", route.Choices())
	completeChoice(cmd, "prefix", config.Prefixes)
	completeChoice(cmd, "tools", config.ToolForms)
	completeServers(cmd, cfg)
}

// completeChoice offers the values of a flag to a shell's completion.
func completeChoice(cmd *cobra.Command, flag string, values []string) {
	complete := cobra.FixedCompletions(values, cobra.ShellCompDirectiveNoFileComp)
	if err := cmd.RegisterFlagCompletionFunc(flag, complete); err != nil {
		panic(err) // the flag does not exist
	}
}
