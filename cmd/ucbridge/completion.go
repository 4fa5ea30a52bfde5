package main

import (
	"context"
	"io"
	"time"

	"github.com/spf13/cobra"

	"ucbridge/bridge/refusal"
	"ucbridge/bridge/unitycatalog"
	"ucbridge/config"
)

// completionPatience is how long a shell's user waits for names.
const completionPatience = 3 * time.Second

// completeServers offers the names there are for --connection and --mcp-service
// to a shell's completion; nothing, where they cannot be had.
func completeServers(cmd *cobra.Command, cfg *config.Config) {
	complete := func(list lister) cobra.CompletionFunc {
		return func(cmd *cobra.Command, _ []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
			workspace, err := openWorkspace(cfg, streams{err: io.Discard})
			if err != nil {
				return nil, cobra.ShellCompDirectiveNoFileComp
			}
			defer workspace.Close()
			ctx, cancel := context.WithTimeout(cmd.Context(), completionPatience)
			defer cancel()
			servers, _ := list(unitycatalog.New(workspace), ctx)
			var names []cobra.Completion
			for _, s := range servers {
				names = append(names, refusal.Quote(s.Name))
			}
			return names, cobra.ShellCompDirectiveNoFileComp
		}
	}
	for flag, list := range map[string]lister{
		"connection": (*unitycatalog.Catalog).Connections, "mcp-service": (*unitycatalog.Catalog).Services,
	} {
		if err := cmd.RegisterFlagCompletionFunc(flag, complete(list)); err != nil {
			panic(err) // the flag does not exist
		}
	}
}

// lister is one of the lists of the catalog, as a method expression.
type lister func(*unitycatalog.Catalog, context.Context) ([]unitycatalog.Server, error)
