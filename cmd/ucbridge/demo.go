package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/mark3labs/mcp-go/client"
	"github.com/mark3labs/mcp-go/client/transport"
	"github.com/spf13/cobra"

	"ucbridge/bridge/emulator"
	"ucbridge/cmd/internal/aiclient"
	"ucbridge/config/route"
)

// What the embedded workspace is seeded with.
const (
	demoConnection = "github"
	demoPerUser    = "github_u2m_connection"
	demoToken      = "dapi-demo-ada"
)

// demoPatience bounds the conversation, so that the demo ends whatever happens.
const demoPatience = 30 * time.Second

// demo is one showing of the whole path on this machine.
type demo struct {
	streams
	route   string
	listen  string
	serve   bool
	clients []string // of --install
}

func newDemo(s streams) *cobra.Command {
	d := demo{streams: s}
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "Show the whole path on this machine, without a Databricks workspace",
		Long: `Show the whole path on this machine, without a Databricks workspace.

The demo starts a small Databricks workspace in this process, on loopback, with a
Unity Catalog connection "github" to a sample MCP server. Then it does what an AI
client does: it starts "ucbridge stdio" and talks to it over pipes. It prints what
was said, what the workspace recorded and how long it took, then a call that a
policy blocks and its row in the audit log. Nothing is left behind.

With --serve the workspace stays up, and a Databricks profile for it is written to
a file that only you can read and that is removed at the end. The file is always in
the same place, so a client that you installed it into once finds the next demo.
With --install the demo is added to AI clients, and removed from them at the end.`,
		Example: `  ucbridge demo
  ucbridge demo --route external-function
  ucbridge demo --serve --listen 127.0.0.1:8700
  ucbridge demo --install claude-code`,
		Args: noArgs,
	}
	cmd.Flags().StringVar(&d.route, "route", "auto", "the `route` to take, as for ucbridge stdio")
	cmd.Flags().BoolVar(&d.serve, "serve", false, "keep the workspace up until interrupted, to try it from an AI client")
	cmd.Flags().StringSliceVar(&d.clients, "install", nil, "add it to these AI `clients` while it is up; implies --serve")
	cmd.Flags().StringVar(&d.listen, "listen", "", "loopback `address` of the workspace (default a free port)")
	completeChoice(cmd, "route", route.Choices())
	cmd.RunE = func(cmd *cobra.Command, _ []string) error { return d.run(cmd.Context()) }
	return cmd
}

func (d demo) run(ctx context.Context) (err error) {
	if !slices.Contains(route.Choices(), d.route) {
		return usageError{error: fmt.Errorf("invalid argument %q for %q flag: want one of %s",
			d.route, "--route", strings.Join(route.Choices(), ", "))}
	}
	for _, name := range d.clients {
		if _, ok := aiclient.Find(name); !ok {
			return usageError{fmt.Errorf("unknown client %q", name), unknownClient(name)}
		}
	}
	stays := d.serve || len(d.clients) > 0
	if stays { // said before anything is shown
		if _, err := demoProfile(); err != nil {
			return err
		}
	}
	workspace, err := emulator.Start(emulator.Options{Addr: d.listen, Changing: true})
	switch {
	case err != nil && d.listen != "":
		return cannotListen(d.listen, fmt.Errorf("starting the embedded workspace: %w", err))
	case err != nil:
		return fmt.Errorf("starting the embedded workspace: %w", err)
	}
	defer func() { err = errors.Join(err, workspace.Close()) }()

	if err := d.show(ctx, workspace); err != nil {
		return err
	}
	d.printAudit(workspace.Exchanges())
	d.printf("\nWith your own workspace, sign in and add a connection to an AI client:\n"+
		"  ucbridge login --host https://your-workspace --profile DEFAULT\n"+
		"  ucbridge install claude-code %s --profile DEFAULT\n"+
		"To list the clients, run: ucbridge install --list\n", demoConnection)
	if !stays {
		d.printf("\nTo try this workspace from an AI client: ucbridge demo --serve\n")
		return nil
	}
	return d.serveOn(ctx, workspace.URL())
}

// show starts the bridge as an AI client does, and has the conversation.
func (d demo) show(ctx context.Context, workspace *emulator.Workspace) (err error) {
	ctx, cancel := context.WithTimeout(ctx, demoPatience)
	defer cancel()
	cache, err := os.MkdirTemp("", "ucbridge-demo-")
	if err != nil {
		return fmt.Errorf("creating a cache directory: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(cache)) }()

	env := demoEnvironment(os.Environ(), workspace.URL(), cache)
	d.printf("A Databricks workspace on this machine: %s\nAn AI client starts: ", workspace.URL())
	if err := d.talk(ctx, env, d.bridgeArgs(), d.converse); err != nil {
		return err
	}
	log := filepath.Join(cache, "audit.jsonl")
	d.printf("\nAnother, with a policy: ")
	if err := d.talk(ctx, env, append(d.bridgeArgs(), "--read-only", "--audit", log), d.beDenied); err != nil {
		return err
	}
	return d.printLog(log)
}

// talk starts the bridge, as an AI client does, has a conversation with it, and ends it.
func (d demo) talk(ctx context.Context, env, args []string, converse func(context.Context, *client.Client) error) (err error) {
	bridge, err := d.startBridge(ctx, env, args)
	if err != nil {
		return fmt.Errorf("starting ucbridge stdio: %w", err)
	}
	// Close ends the child's stdin and waits until it is gone.
	defer func() { err = errors.Join(err, bridge.Close()) }()
	d.printf("ucbridge %s\n\n", strings.Join(args, " "))
	return converse(ctx, bridge)
}

func (d demo) bridgeArgs() []string {
	return []string{"stdio", "--connection", demoConnection, "--route", d.route}
}

// startBridge starts this program again as "ucbridge stdio", with mcp-go's
// client at its pipes. When ctx ends the child is killed.
func (d demo) startBridge(ctx context.Context, env, args []string) (*client.Client, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("finding this program: %w", err)
	}
	command := func(ctx context.Context, name string, env, args []string) (*exec.Cmd, error) {
		cmd := exec.CommandContext(ctx, name, args...)
		cmd.Env = env // mcp-go itself would add to our environment, not replace it
		cmd.Stderr = d.err
		return cmd, nil
	}
	pipes := transport.NewStdioWithOptions(self, env, args,
		transport.WithCommandFunc(command), transport.WithCommandLogger(slog.New(slog.DiscardHandler)))
	c := client.NewClient(pipes)
	if err := c.Start(ctx); err != nil {
		return nil, err
	}
	return c, nil
}

// demoEnvironment is environ with the demo's workspace in place of whatever
// Databricks and ucbridge settings were there, files included.
func demoEnvironment(environ []string, host, cache string) []string {
	env := slices.DeleteFunc(slices.Clone(environ), func(pair string) bool {
		name, _, _ := strings.Cut(pair, "=")
		if runtime.GOOS == "windows" {
			name = strings.ToUpper(name)
		}
		return strings.HasPrefix(name, "DATABRICKS_") || strings.HasPrefix(name, "UCBRIDGE_")
	})
	return append(env,
		"DATABRICKS_HOST="+host,
		"DATABRICKS_TOKEN="+demoToken,
		"DATABRICKS_AUTH_TYPE=pat", // other clouds' variables may name a second way in
		"DATABRICKS_CONFIG_FILE="+os.DevNull,
		"UCBRIDGE_CACHE_DIR="+cache,
	)
}

func (d demo) printf(format string, args ...any) { fmt.Fprintf(d.out, format, args...) }
