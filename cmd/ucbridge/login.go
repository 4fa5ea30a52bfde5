package main

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"ucbridge/bridge/databricks"
	"ucbridge/bridge/databricks/origin"
	"ucbridge/bridge/refusal"
	"ucbridge/bridge/unitycatalog"
	"ucbridge/config"
)

// childPatience is how long the Databricks CLI gets to end after it was asked to.
const childPatience = 3 * time.Second

// signIn is one run of login.
type signIn struct {
	streams
	cfg     *config.Config
	timeout time.Duration
}

func newLogin(s streams) *cobra.Command {
	l := signIn{streams: s, cfg: config.New()}
	cmd := &cobra.Command{
		Use:   "login [server]",
		Short: "Sign in to the workspace, or to a connection with per-user OAuth",
		Long: `Sign in to the workspace in a browser or, with the name of a connection or an MCP
service, to a server with per-user OAuth.

The workspace login is the Databricks CLI's ("databricks auth login"), so all
Databricks tools share it. Profiles with other credentials (an access token, a
service principal, a cloud's own login) are left alone.

For a connection or an MCP service, the workspace's sign-in page opens in your
browser and its address is printed; the command ends when Databricks says that you
are signed in. Set BROWSER to choose the browser, or to "none" to print the address
only. Sign out with "ucbridge logout".`,
		Example: `  ucbridge login --host https://my-workspace.cloud.databricks.com --profile work
  ucbridge login github --profile work
  BROWSER=none ucbridge login --mcp-service system.ai.github`,
		Args: func(cmd *cobra.Command, args []string) error { return noArgs(cmd, args[min(len(args), 1):]) },
	}
	cmd.Flags().SortFlags = false
	l.cfg.Bind(cmd.Flags(), append([]string{"connection", "mcp-service"}, workspaceFlags...)...)
	l.timeout = 5 * time.Minute
	cmd.Flags().Var((*timeFlag)(&l.timeout), "timeout", "longest `time` to wait until you have signed in")
	cmd.Flags().Lookup("connection").Usage = "Unity Catalog connection to sign in to"
	cmd.Flags().Lookup("mcp-service").Usage = "MCP service (catalog.schema.name) to sign in to"
	completeServers(cmd, l.cfg)
	completeTarget(cmd, l.cfg, cobra.ShellCompDirectiveNoFileComp)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if err := nameServer(l.cfg, args); err != nil {
			return err
		}
		return l.run(cmd.Context())
	}
	return cmd
}

// nameServer takes the plain argument of a command about a server that users sign in to.
func nameServer(cfg *config.Config, args []string) error {
	switch {
	case len(args) == 0:
		return nil
	case cfg.Connection.Given() || cfg.Service.Given():
		return usageError{error: fmt.Errorf("unexpected argument %q: a flag names the server", args[0])}
	case strings.Contains(args[0], "/") || origin.IsDatabricks(&url.URL{Host: args[0]}):
		return usageError{fmt.Errorf("%q is neither a connection nor an MCP service", args[0]), []string{"to sign in to a workspace: ucbridge login --host https://your-workspace"}}
	}
	return cfg.Name(args[0])
}

func (l signIn) run(ctx context.Context) error {
	if l.cfg.Connection.Given() && l.cfg.Service.Given() {
		return usageError{error: errors.New("--connection and --mcp-service contradict each other: give one of them")}
	}
	workspace, err := openWorkspace(l.cfg, l.streams)
	if err != nil {
		return err
	}
	defer workspace.Close()
	switch {
	case l.cfg.Connection.Given():
		err = l.toServer(ctx, workspace, unitycatalog.Connection, l.cfg.Connection.Value)
	case l.cfg.Service.Given():
		err = l.toServer(ctx, workspace, unitycatalog.Service, l.cfg.Service.Value)
	default:
		err = l.toWorkspace(ctx, workspace)
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return refusal.New(refusal.LoginTimeout, "Nobody signed in within %s.", config.PrintTime(l.timeout)).
			WithHint("try again; --timeout sets how long to wait")
	}
	return err
}

// toWorkspace lets the Databricks CLI sign the user in, and makes sure that the
// login is good for the workspace.
func (l signIn) toWorkspace(ctx context.Context, workspace *databricks.Workspace) error {
	argv, err := workspace.LoginCommand()
	if err != nil {
		return err
	}
	waiting, cancel := context.WithTimeout(ctx, l.timeout)
	defer cancel()
	child := exec.CommandContext(waiting, argv[0], argv[1:]...)
	// What it prints is for a person; stdout of ours is for programs.
	child.Stdin, child.Stdout, child.Stderr = l.in, l.err, l.err
	child.Cancel = func() error { return child.Process.Signal(os.Interrupt) } // where there are no signals it is killed, later
	child.WaitDelay = childPatience
	if err := child.Run(); waiting.Err() != nil {
		return waiting.Err()
	} else if err != nil {
		return fmt.Errorf("signing in with the Databricks CLI, %s: %w", strings.Join(argv, " "), err)
	}
	me, err := unitycatalog.New(workspace).Me(ctx)
	if err != nil {
		return err
	}
	l.say("signed in to %s as %s", workspace.Describe().Host, refusal.Quote(me))
	return nil
}

// toServer takes the user to the page where one signs in to a connection or an
// MCP service, and waits until that is done.
func (l signIn) toServer(ctx context.Context, workspace *databricks.Workspace, kind unitycatalog.Kind, name string) error {
	target := databricks.Target{Connection: name}
	if kind == unitycatalog.Service {
		target = databricks.Target{Service: name}
	}
	if err := target.Check(); err != nil {
		return usageError{error: err}
	}
	c := unitycatalog.New(workspace)
	server, err := c.Find(ctx, kind, name)
	if err != nil {
		return withNearest(ctx, l.cfg, err)
	}
	answer, until, _ := c.SignedIn(ctx, server) // where it cannot be told the page may help all the same
	if answer == unitycatalog.NotNeeded {
		l.say("%s has a credential of its own (%s): you need not sign in", name, refusal.Quote(server.Credential))
		return nil
	}
	link, err := workspace.SignInPage(ctx, target)
	if err != nil {
		return err
	}
	if answer == unitycatalog.Yes {
		l.say("you are signed in to %s%s; to sign in again, open this link", name, untilThen(until))
		return l.printLink(link)
	}
	if err := l.open(link, name); err != nil {
		return err
	}
	waiting, cancel := context.WithTimeout(ctx, l.timeout)
	defer cancel()
	if err := c.AwaitSignIn(waiting, server); err != nil {
		return err
	}
	l.say("signed in to %s", name)
	return nil
}

// untilThen says until when a sign-in holds, where that is known.
func untilThen(at time.Time) string {
	if at.IsZero() {
		return ""
	}
	return " until " + at.Local().Format(time.DateOnly)
}

// open shows the link, and opens it where that is possible.
func (l signIn) open(link, name string) error {
	opened, err := openBrowser(link)
	switch {
	case err != nil:
		l.say("no browser can be started (%v); open this link to sign in to %s", err, name)
	case opened:
		l.say("sign in to %s in the browser; if it does not open, use this link", name)
	default:
		l.say("open this link to sign in to %s", name)
	}
	return l.printLink(link)
}

func (l signIn) printLink(link string) error {
	_, err := fmt.Fprintln(l.out, link)
	return err
}

func (l signIn) say(format string, args ...any) {
	printLine(l.err, "note", fmt.Sprintf(format, args...))
}
