package main

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"ucbridge/bridge/databricks"
	"ucbridge/bridge/refusal"
	"ucbridge/bridge/unitycatalog"
	"ucbridge/config"
)

// logoutTimeout bounds a sign-out: two calls of the REST API.
const logoutTimeout = 30 * time.Second

func newLogout(s streams) *cobra.Command {
	cfg := config.New()
	cmd := &cobra.Command{
		Use:   "logout",
		Short: "Sign out of an MCP service with per-user OAuth",
		Long: `Sign out of an MCP service: Databricks forgets the login that you gave it for the
server. Other people's logins and your own to the workspace stay; to end that one,
run "databricks auth logout".

Databricks has no such API for connections: the address of the connection's page,
where you can sign out, is printed.`,
		Example: `  ucbridge logout --mcp-service system.ai.github
  ucbridge logout --connection github --profile work`,
		Args: noArgs,
	}
	cmd.Flags().SortFlags = false
	cfg.Bind(cmd.Flags(), append([]string{"connection", "mcp-service"}, workspaceFlags...)...)
	cmd.Flags().Lookup("connection").Usage = "Unity Catalog connection to sign out of"
	cmd.Flags().Lookup("mcp-service").Usage = "MCP service (catalog.schema.name) to sign out of"
	completeServers(cmd, cfg)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if cfg.Connection.Given() == cfg.Service.Given() {
			return usageError{
				fmt.Errorf("exactly one of --connection and --mcp-service is needed"),
				[]string{"to sign out of the workspace: databricks auth logout"},
			}
		}
		workspace, err := openWorkspace(cfg, s)
		if err != nil {
			return err
		}
		defer workspace.Close()
		ctx, cancel := context.WithTimeout(cmd.Context(), logoutTimeout)
		defer cancel()
		return signOut(ctx, workspace, databricks.Target{Connection: cfg.Connection.Value, Service: cfg.Service.Value}, s.out)
	}
	return cmd
}

func signOut(ctx context.Context, workspace *databricks.Workspace, target databricks.Target, out io.Writer) error {
	if err := target.Check(); err != nil {
		return usageError{error: err}
	}
	c := unitycatalog.New(workspace)
	if target.Connection != "" {
		if _, err := c.Find(ctx, unitycatalog.Connection, target.Connection); err != nil {
			return err
		}
		link, err := workspace.SignInPage(ctx, target)
		if err != nil {
			return err
		}
		_, err = fmt.Fprintln(out, link)
		return err
	}
	service, err := c.Find(ctx, unitycatalog.Service, target.Service)
	if err != nil {
		return err
	}
	was, err := c.SignOut(ctx, service)
	if err != nil {
		return err
	}
	text := "you were not signed in to %s\n"
	if was {
		text = "signed out of %s\n"
	}
	_, err = fmt.Fprintf(out, text, refusal.Quote(target.Service))
	return err
}
