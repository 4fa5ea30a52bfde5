package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"runtime"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"ucbridge/bridge/databricks"
	"ucbridge/bridge/refusal"
	"ucbridge/bridge/shell"
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
		Short: "List the connections, MCP services and hosted servers that you can use",
		Long: `List the HTTP connections and MCP services of Unity Catalog that you can see, and
whether you may use each of them and have signed in to it; then what Databricks
hosts itself: Genie One and Genie agents, indexes of AI Search, Databricks SQL,
functions, and the Apps whose names begin with "mcp-". These are reached with --url.
What you may not see is not listed.
Kinds: ` + strings.Join(kindNames(), ", ") + `.

USABLE says whether you have USE CONNECTION on a connection, or EXECUTE on an MCP
service, yourself or through a group. SIGNED IN is for servers with per-user OAuth;
sign in with "ucbridge login --connection NAME". "unknown" means that Databricks
does not say. MCP is the connection's own mark; a connection without it may still
lead to an MCP server.

Functions are listed only if you ask for them with --kind or --schema, as every
schema has to be searched. --schema leaves out everything that is in no schema.
Credentials are chosen as for "ucbridge stdio".`,
		Example: `  ucbridge connections
  ucbridge connections --kind genie,sql
  ucbridge connections --schema main.tools --profile work -o json`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				return usageError{fmt.Errorf("unexpected argument %q", args[0]), []string{"to see what it offers: ucbridge tools " + shell.Word(runtime.GOOS, args[0])}}
			}
			return nil
		},
	}
	cmd.Flags().SortFlags = false
	cfg.Bind(cmd.Flags(), workspaceFlags...)
	kinds := cmd.Flags().StringSlice("kind", nil, "only these `kinds`, separated by commas")
	schema := cmd.Flags().String("schema", "", "only what is in this `catalog.schema`")
	output := cmd.Flags().StringP("output", "o", "text", "text or json")
	completeChoice(cmd, "kind", kindNames())
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if *output != "text" && *output != "json" {
			return badOutput(*output)
		}
		selected, err := selectionOf(*kinds, *schema)
		if err != nil {
			return err
		}
		workspace, err := openWorkspace(cfg, s)
		if err != nil {
			return err
		}
		defer workspace.Close()
		return listConnections(cmd.Context(), workspace, selected, *output, s)
	}
	return cmd
}

// kindNames are the kinds that --kind takes.
func kindNames() []string {
	var names []string
	for _, kind := range unitycatalog.Kinds() {
		names = append(names, string(kind))
	}
	return names
}

// selectionOf reads --kind and --schema.
func selectionOf(kinds []string, schema string) (unitycatalog.Selection, error) {
	selected := unitycatalog.Selection{Schema: schema}
	for _, kind := range kinds {
		if !slices.Contains(kindNames(), kind) {
			return selected, usageError{
				fmt.Errorf("invalid argument %q for %q flag: want some of %s", kind, "--kind", strings.Join(kindNames(), ", ")),
				didYouMean(kind, kindNames(), "see: ucbridge connections --help"),
			}
		}
		selected.Kinds = append(selected.Kinds, unitycatalog.Kind(kind))
	}
	if catalog, name, ok := strings.Cut(schema, "."); schema != "" && (!ok || catalog == "" || name == "" || strings.Contains(name, ".")) {
		return selected, usageError{error: fmt.Errorf("invalid argument %q for %q flag: want catalog.schema", schema, "--schema")}
	}
	return selected, nil
}

// servers is what connections prints, as JSON.
type servers struct {
	Host    string                `json:"host"`
	User    string                `json:"user"`
	Servers []unitycatalog.Server `json:"servers"`
	Notes   []string              `json:"notes,omitempty"`
}

func listConnections(ctx context.Context, workspace *databricks.Workspace, selected unitycatalog.Selection, format string, s streams) error {
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
	overview, err := c.Overview(ctx, selected, func(done, total int) { status(fmt.Sprintf("looking at %d of %d ...", done, total)) })
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

// printText prints the tables to out, and beside them what a person should know.
func (l servers) printText(out, stderr io.Writer) error {
	var catalogued, hosted [][]string
	for _, s := range l.Servers {
		if s.URL != "" {
			hosted = append(hosted, []string{s.Name, string(s.Kind), s.URL})
			continue
		}
		catalogued = append(catalogued, []string{
			s.Name, string(s.Kind), s.Type, s.Credential, yesNo(s.MCP), string(s.Usable), inWords(s.SignedIn, s.SignInExpires),
		})
	}
	err := printTable(out, []string{"NAME", "KIND", "TYPE", "CREDENTIAL", "MCP", "USABLE", "SIGNED IN"}, catalogued)
	if len(catalogued) > 0 && len(hosted) > 0 {
		fmt.Fprintln(out)
	}
	err = errors.Join(err, printTable(out, []string{"HOSTED BY DATABRICKS", "KIND", "URL"}, hosted))
	if err != nil {
		return err
	}
	if len(l.Servers) == 0 {
		printLine(stderr, "note", fmt.Sprintf("%s can see no such MCP server on %s", refusal.Quote(l.User), l.Host))
	}
	for _, s := range l.Servers {
		if s.ConnectionDeleted {
			printLine(stderr, "note", fmt.Sprintf("%s: its connection %s has been deleted, calls fail", refusal.Quote(s.Name), refusal.Quote(s.Connection)))
		}
	}
	for _, note := range l.Notes {
		printLine(stderr, "note", note)
	}
	return nil
}

// printTable prints rows of foreign text under a head, nothing where there are none.
func printTable(out io.Writer, head []string, rows [][]string) error {
	if len(rows) == 0 {
		return nil
	}
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, strings.Join(head, "\t"))
	for _, row := range rows {
		for i, cell := range row {
			if row[i] = refusal.Quote(cell); row[i] == "" {
				row[i] = "-"
			}
		}
		fmt.Fprintln(table, strings.Join(row, "\t"))
	}
	return table.Flush()
}

// inWords says whether a user is signed in, and until when.
func inWords(answer unitycatalog.Answer, until time.Time) string {
	text := strings.ReplaceAll(string(answer), "_", " ")
	if !until.IsZero() {
		text += " until " + until.Local().Format(time.DateOnly)
	}
	return text
}

func yesNo(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}
