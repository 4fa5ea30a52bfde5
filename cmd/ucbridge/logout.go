package main

import (
	"context"
	"fmt"
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
		Use:   "logout [server]",
		Short: "Sign out of an MCP service with per-user OAuth",
		Long: `Sign out of an MCP service: Databricks forgets the login that you gave it for the
server. Other people's logins and your own to the workspace stay; to end that one,
run "databricks auth logout".

Databricks has no such API for connections: the address of the connection's page,
where you can sign out, is printed.`,
		Example: `  ucbridge logout system.ai.github
  ucbridge logout github --profile work`,
		Args: func(cmd *cobra.Command, args []string) error { return noArgs(cmd, args[min(len(args), 1):]) },
	}
	cmd.Flags().SortFlags = false
	cfg.Bind(cmd.Flags(), append([]string{"connection", "mcp-service"}, workspaceFlags...)...)
	cmd.Flags().Lookup("connection").Usage = "Unity Catalog connection to sign out of"
	cmd.Flags().Lookup("mcp-service").Usage = "MCP service (catalog.schema.name) to sign out of"
	completeServers(cmd, cfg)
	completeTarget(cmd, cfg, cobra.ShellCompDirectiveNoFileComp)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if err := nameServer(cfg, args); err != nil {
			return err
		}
		if cfg.Connection.Given() == cfg.Service.Given() {
			return usageError{
				fmt.Errorf("want the name of one connection or MCP service"),
				[]string{"for example: ucbridge logout github", "to sign out of the workspace: databricks auth logout"},
			}
		}
		workspace, err := openWorkspace(cfg, s)
		if err != nil {
			return err
		}
		defer workspace.Close()
		ctx, cancel := context.WithTimeout(cmd.Context(), logoutTimeout)
		defer cancel()
		target := databricks.Target{Connection: cfg.Connection.Value, Service: cfg.Service.Value}
		return withNearest(ctx, cfg, signOut(ctx, workspace, target, s))
	}
	return cmd
}

func signOut(ctx context.Context, workspace *databricks.Workspace, target databricks.Target, s streams) error {
	if err := target.Check(); err != nil {
		return usageError{error: err}
	}
	c := unitycatalog.New(workspace)
	if target.Connection != "" {
		server, err := c.Find(ctx, unitycatalog.Connection, target.Connection)
		if err != nil {
			return err
		}
		if answer, _, _ := c.SignedIn(ctx, server); answer == unitycatalog.NotNeeded {
			return notSignedIn(s, server)
		}
		link, err := workspace.SignInPage(ctx, target)
		if err != nil {
			return err
		}
		printLine(s.err, "note", "sign out on this page")
		_, err = fmt.Fprintln(s.out, link)
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
	_, err = fmt.Fprintf(s.out, text, refusal.Quote(target.Service))
	return err
}

// notSignedIn says that nobody signs in to a server, so that there is nothing to end.
func notSignedIn(s streams, server unitycatalog.Server) error {
	printLine(s.err, "note", fmt.Sprintf("%s has a credential of its own (%s): there is no login of yours to end", refusal.Quote(server.Name), refusal.Quote(server.Credential)))
	return nil
}
