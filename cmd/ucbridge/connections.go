package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"ucbridge/bridge/databricks"
	"ucbridge/bridge/refusal"
	"ucbridge/bridge/unitycatalog"
	"ucbridge/cmd/internal/terminal"
	"ucbridge/config"
)

// listPatience bounds the whole list: a workspace with a thousand connections
// takes some twenty seconds.
const listPatience = 2 * time.Minute

func newConnections(s streams) *cobra.Command {
	cfg := config.New()
	cmd := &cobra.Command{
		Use:   "connections",
		Short: "List the connections and MCP services that you can use",
		Long: `List the HTTP connections and MCP services of Unity Catalog that you can see, and
whether you may use each of them and have signed in to it.

USABLE says whether you have USE CONNECTION on a connection, or EXECUTE on an MCP
service, yourself or through a group. SIGNED IN is about credentials that each
user has of their own: sign in with "ucbridge login --connection NAME". "unknown"
stands where Databricks does not tell you. MCP is the connection's own mark; a
connection without it may lead to an MCP server all the same.

Credentials are chosen as by ucbridge stdio.`,
		Example: `  ucbridge connections
  ucbridge connections --profile work -o json`,
		Args: noArgs,
	}
	cmd.Flags().SortFlags = false
	cfg.Bind(cmd.Flags(), workspaceFlags...)
	output := cmd.Flags().StringP("output", "o", "text", "text or json")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if *output != "text" && *output != "json" {
			return badOutput(*output)
		}
		workspace, err := openWorkspace(cfg, s)
		if err != nil {
			return err
		}
		defer workspace.Close()
		return listConnections(cmd.Context(), workspace, *output, s)
	}
	return cmd
}

// servers is what connections prints, as JSON.
type servers struct {
	Host    string                `json:"host"`
	User    string                `json:"user"`
	Servers []unitycatalog.Server `json:"servers"`
	Notes   []string              `json:"notes,omitempty"`
}

func listConnections(ctx context.Context, workspace *databricks.Workspace, format string, s streams) error {
	ctx, cancel := context.WithTimeout(ctx, listPatience)
	defer cancel()
	c := unitycatalog.New(workspace)
	me, err := c.Me(ctx)
	if err != nil {
		return err
	}
	status := func(string) {}
	if terminal.Is(s.err) {
		status = terminal.NewConsole(s.in, s.err).Status
	}
	status("listing connections and MCP services ...")
	overview, err := c.Overview(ctx, func(done, total int) { status(fmt.Sprintf("looking at %d of %d ...", done, total)) })
	status("")
	host := workspace.Describe().Host
	if errors.Is(err, context.DeadlineExceeded) {
		return refusal.New(refusal.WorkspaceUnreachable, "%s did not answer everything within %s.", host, listPatience).
			WithHint("try again")
	}
	if err != nil {
		return err
	}
	found := servers{Host: host, User: me, Servers: overview.Servers, Notes: overview.Notes}
	if format == "json" {
		return found.printJSON(s.out)
	}
	return found.printText(s.out, s.err)
}

func (l servers) printJSON(w io.Writer) error {
	if l.Servers == nil {
		l.Servers = []unitycatalog.Server{}
	}
	text, err := json.MarshalIndent(l, "", "  ")
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(w, "%s\n", text)
	return err
}

// printText prints the table to out, and beside it what a person should know.
func (l servers) printText(out, stderr io.Writer) error {
	if len(l.Servers) > 0 {
		table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
		fmt.Fprintln(table, "NAME\tKIND\tTYPE\tCREDENTIAL\tMCP\tUSABLE\tSIGNED IN")
		for _, s := range l.Servers {
			cells := []string{s.Name, string(s.Kind), s.Type, s.Credential, yesNo(s.MCP), string(s.Usable), strings.ReplaceAll(string(s.SignedIn), "_", " ")}
			for i, cell := range cells {
				if cells[i] = refusal.Quote(cell); cells[i] == "" {
					cells[i] = "-"
				}
			}
			fmt.Fprintln(table, strings.Join(cells, "\t"))
		}
		if err := table.Flush(); err != nil {
			return err
		}
	} else {
		printLine(stderr, "note", fmt.Sprintf("%s sees no connection and no MCP service on %s", refusal.Quote(l.User), l.Host))
	}
	for _, note := range l.Notes {
		printLine(stderr, "note", note)
	}
	return nil
}

func yesNo(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}

// workspaceFlags choose a workspace and the way to it, for commands that have no
// target.
var workspaceFlags = []string{"profile", "host", "ca-file", "debug"}

// openWorkspace completes cfg and opens the workspace that it names. It uses no
// network.
func openWorkspace(cfg *config.Config, s streams) (*databricks.Workspace, error) {
	if err := cfg.LoadOnly(os.LookupEnv, workspaceFlags...); err != nil {
		return nil, err
	}
	log, _, err := openLog(cfg, s.err)
	if err != nil {
		return nil, err
	}
	return workspaceFor(cfg, log)
}

// workspaceFor opens the workspace that a complete cfg names.
func workspaceFor(cfg *config.Config, log *slog.Logger) (*databricks.Workspace, error) {
	workspace, err := databricks.OpenWorkspace(databricks.Options{
		Profile: cfg.Profile.Value, Host: cfg.Host.Value, CAFile: cfg.CAFile.Value,
		CacheDir: cfg.CacheDir.Value, Version: currentBuild().Version, Log: log,
	})
	if err != nil {
		return nil, usageError{error: err}
	}
	return workspace, nil
}
