package main

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"runtime"

	"github.com/spf13/cobra"

	"ucbridge/bridge"
	"ucbridge/bridge/childprocess"
	"ucbridge/bridge/regularfile"
	"ucbridge/bridge/shell"
	"ucbridge/cmd/internal/terminal"
	"ucbridge/config"
	"ucbridge/config/route"
)

func newStdio(s streams) *cobra.Command {
	cfg := config.New()
	cmd := &cobra.Command{
		Use:         "stdio",
		Annotations: map[string]string{showsAll: "yes"},
		Short:       "Serve one AI client on stdin and stdout",
		Long: `Serve one AI client on stdin and stdout, as an MCP server started by it.

Each JSON-RPC message goes to the MCP server behind a target: a Unity Catalog
connection (--connection), an MCP service (--mcp-service), or a workspace path or
Databricks App (--url). Messages pass unchanged in both directions. What fails is
answered with an error that says why and what to do; only the client ends the
process, by closing stdin.

A connection is reached through its proxy, or through the external-function API
where the workspace has no proxy (--route auto). external-function answers each
request whole: nothing can come from the server in between, and --path is "/"
there unless given.

Several targets are one server to the client: flags that are repeated, a file
(--servers), or every MCP service, and connection that is marked for MCP, that you
may use (--all): a new grant shows within a minute, one that was withdrawn goes. A
tool keeps its name, and is called SERVER_TOOL where two servers have one of its
name (--prefix); "ucbridge tools" tells. A server that cannot be reached does not
hide the others, and the tool ucbridge_status names each.

Credentials are the Databricks SDK's: "databricks auth login", the profiles in
~/.databrickscfg and all DATABRICKS_* variables work as they do elsewhere.
--profile and --host choose among them. A host that differs from the profile's
is refused, so that no token is sent to another place.

What may pass is ruled by the administrator's policy, the user's own, the file of
--policy, and --read-only, --allow and --deny; see "ucbridge policy --help".

--record keeps what is said in a file that you alone can read, for a bug report or
for "ucbridge policy test --record"; "ucbridge replay" answers by it. Texts that look
like secrets are masked, and nothing else is: look at it before you pass it on.

Each of the other flags can be set by environment too, UCBRIDGE_CALL_TIMEOUT for
--call-timeout and so on; a flag goes first. UCBRIDGE_CACHE_DIR says where to
remember the route that worked. stdout carries JSON-RPC only; the log goes to
stderr and holds nothing but warnings, unless --debug is given.`,
		Example: `  ucbridge stdio --connection github
  ucbridge stdio --connection github --profile work --route external-function
  ucbridge stdio --mcp-service system.ai.github
  ucbridge stdio --url /api/2.0/mcp/genie/01ef2a
  ucbridge stdio --connection github --connection jira --url sales=/api/2.0/mcp/genie/01ef2a
  ucbridge stdio --all --profile work`,
		Args: noArgs,
	}
	cmd.Flags().SortFlags = false
	cfg.BindSeveral(cmd.Flags(), "all")
	cfg.Bind(cmd.Flags(), "record")
	completeChoice(cmd, "route", route.Choices())
	completeChoice(cmd, "era", config.Eras)
	completeChoice(cmd, "adapt", config.Adaptings)
	completeChoice(cmd, "prefix", config.Prefixes)
	completeChoice(cmd, "tools", config.ToolForms)
	completeServers(cmd, cfg)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if terminal.Is(s.in) {
			return startedByHand(cfg, s)
		}
		return serveStdio(cmd, cfg, s)
	}
	return cmd
}

func serveStdio(cmd *cobra.Command, cfg *config.Config, s streams) error {
	if err := cfg.LoadSeveral(os.LookupEnv, os.ReadFile); err != nil {
		return err
	}
	log, closeLog, err := openLog(cfg, s.err)
	if err != nil {
		return usageError{error: err}
	}
	defer closeLog()
	version := currentBuild().Version
	log.Debug("starting", "version", version, "settings", cfg)
	if err := childprocess.EndWithUs(); err != nil {
		log.Debug("what this process starts may outlive it", "err", err)
	}
	b, err := bridge.New(cfg, managed, version, log)
	if err != nil {
		return usageError{error: err}
	}
	defer b.Close()
	return b.Stdio(cmd.Context(), s.in, s.out)
}

// openLog returns the log on stderr or in the file that was asked for. It is
// quiet by default, since AI clients show a server's stderr to their users.
func openLog(cfg *config.Config, stderr io.Writer) (*slog.Logger, func() error, error) {
	options := &slog.HandlerOptions{Level: slog.LevelWarn}
	if cfg.Debug.Value {
		options.Level = slog.LevelDebug
	}
	out, closeLog, err := logWriter(cfg.LogFile.Value, stderr)
	if err != nil {
		return nil, nil, err
	}
	return slog.New(slog.NewTextHandler(out, options)), closeLog, nil
}

// logWriter returns the file of that name, opened for appending, or stderr where
// the name is empty.
func logWriter(name string, stderr io.Writer) (io.Writer, func() error, error) {
	if name == "" {
		return stderr, func() error { return nil }, nil
	}
	file, err := regularfile.Append(name)
	if err != nil {
		return nil, nil, fmt.Errorf("opening the log file: %w", err)
	}
	return file, file.Close, nil
}

// startedByHand is for a person who started stdio in a terminal: on stdout what
// install would write, to be pasted, with that person's own flags, and an example
// where no target is among them. It does not touch the network.
func startedByHand(cfg *config.Config, s streams) error {
	err := cfg.LoadSeveral(os.LookupEnv, os.ReadFile)
	if errors.Is(err, config.ErrNoTarget) {
		err = cfg.Name(demoConnection)
	}
	if err != nil {
		return err
	}
	server, err := launch(cfg, os.LookupEnv)
	if err != nil {
		return err
	}
	install := append([]string{"ucbridge", "install", "claude-code"}, server.Args[1:]...)
	printLine(s.err, "note", `stdin is a terminal, but an AI client is meant to start "ucbridge stdio"; this is what it needs in its settings`)
	printLine(s.err, "hint", "run: "+shell.Command(runtime.GOOS, "", "", install...))
	printLine(s.err, "hint", "to see it work without a client, run: ucbridge demo")
	_, err = io.WriteString(s.out, clientJSON(serverName(cfg), server))
	return err
}

// completeChoice offers the values of a flag to a shell's completion.
func completeChoice(cmd *cobra.Command, flag string, values []string) {
	complete := cobra.FixedCompletions(values, cobra.ShellCompDirectiveNoFileComp)
	if err := cmd.RegisterFlagCompletionFunc(flag, complete); err != nil {
		panic(err) // the flag does not exist
	}
}
