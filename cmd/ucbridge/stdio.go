package main

import (
	"errors"
	"io"
	"os"

	"github.com/spf13/cobra"

	"ucbridge/bridge"
	"ucbridge/bridge/childprocess"
	"ucbridge/cmd/internal/terminal"
	"ucbridge/config"
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
Databricks App (--url). Messages pass unchanged in both directions. A failure is
answered with an error that says why and what to do. Only the client ends the
process, by closing stdin.

A connection is reached through its proxy, or through the external-function API
where the workspace has no proxy (--route auto). external-function answers each
request in one piece, so the server cannot send anything in between; --path is "/"
there by default.

Several targets look like one server to the client. Repeat the flags, name a file
(--servers), or take every MCP service and every connection marked for MCP that you
may use (--all-servers): new grants appear within a minute, withdrawn ones
disappear. A tool keeps its name; if two servers have the same name, it is called
SERVER_TOOL (--prefix), as "ucbridge tools" shows. A server that cannot be reached
does not hide the others, and the tool ucbridge_status tells about each.

Credentials are found by the Databricks SDK, as in other Databricks tools: logins of
"ucbridge login", profiles in ~/.databrickscfg and all DATABRICKS_* variables. Choose
with --profile and --host. A host that differs from the profile's is refused, so
that no token goes to another place.

The administrator's policy, your own, the file of --policy, and --read-only, --allow
and --deny decide what may pass; see "ucbridge policy --help".

--record writes the session to a file that only you can read, for a bug report or
for "ucbridge policy test --record"; "ucbridge replay" plays it again. Only texts
that look like secrets are masked, so look at the file before you pass it on.

Every other flag has an environment variable, such as UCBRIDGE_CALL_TIMEOUT for
--call-timeout; the flag wins. UCBRIDGE_CACHE_DIR is where answers and routes are
remembered. stdout carries JSON-RPC only. Started in a terminal, stdio prints there
what a client needs in its settings, and ends. Warnings are logged to stderr, and
everything with --debug.`,
		Example: `  ucbridge stdio --connection github
  ucbridge stdio --connection github --profile work --route external-function
  ucbridge stdio --mcp-service system.ai.github
  ucbridge stdio --url /api/2.0/mcp/genie/01ef2a
  ucbridge stdio --connection github --connection jira --url sales=/api/2.0/mcp/genie/01ef2a
  ucbridge stdio --all-servers --profile work`,
		Args: targetByFlag,
	}
	cmd.Flags().SortFlags = false
	cfg.Bind(cmd.Flags())
	cfg.Bind(cmd.Flags(), "record")
	completeChoice(cmd, "era", config.Eras)
	completeChoice(cmd, "adapt", config.Adaptings)
	completeSeveral(cmd, cfg)
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
	if err := cfg.CheckStart(); err != nil {
		return err
	}
	log, closeLog, err := openLog(cfg, s.err)
	if err != nil {
		return usageError{error: err}
	}
	defer closeLog()
	warnOfMistyped(log)
	if err := cfg.CheckSeveral(); err != nil { // a client's entry of an earlier version may have it
		log.Warn(err.Error())
	}
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

// startedByHand is for a person who started stdio in a terminal: on stdout what
// install would write, to be pasted, with that person's own flags, and an example
// where no target is among them. The value of a header, which may be a secret, is left
// to who pastes. It does not touch the network.
func startedByHand(cfg *config.Config, s streams) error {
	err := cfg.LoadSeveral(os.LookupEnv, os.ReadFile)
	if errors.Is(err, config.ErrNoTarget) {
		err = cfg.Name(demoConnection)
	}
	if err != nil {
		return err
	}
	cfg.HideHeaders()
	server, err := launch(cfg, os.LookupEnv)
	if err != nil {
		return err
	}
	printLine(s.err, "note", `stdin is a terminal, but an AI client is meant to start "ucbridge stdio"; this is what it needs in its settings`)
	showMistyped(s.err)
	printLine(s.err, "hint", "run: "+(&target{cfg: cfg}).command("install", "claude-code"))
	if cfg.Headers.Given() {
		printLine(s.err, "hint", "put the value of each header in the place of VALUE")
	}
	printLine(s.err, "hint", "to see it work without a client, run: ucbridge demo")
	_, err = io.WriteString(s.out, clientJSON(serverName(cfg), server))
	return err
}
