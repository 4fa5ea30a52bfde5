package main

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"github.com/rogpeppe/go-internal/diff"
	"github.com/spf13/cobra"

	"ucbridge/bridge/shell"
	"ucbridge/cmd/internal/aiclient"
	"ucbridge/cmd/internal/terminal"
	"ucbridge/config"
)

// install puts ucbridge into the settings of AI clients.
type install struct {
	selection
	cfg     *config.Config
	name    string
	force   bool
	noCheck bool
	list    bool
	output  string
	// eachServer writes an entry for each of several servers.
	eachServer bool
}

func newInstall(s streams) *cobra.Command {
	i := &install{selection: selection{streams: s}, cfg: config.New()}
	cmd := &cobra.Command{
		Use:   "install CLIENT... [target]",
		Short: "Put a server into the settings of an AI client",
		Long: `Put a server into the settings of an AI client.

The client will start "ucbridge stdio" with the flags that you give here. Name a
target: a connection, an MCP service or a path, as an argument or by a flag. Several
targets, or --all-servers for all that you may use, make one entry, or one each with
--each. The target is checked first, for three seconds at most; problems are
reported, and the entry is written anyway.

Nothing else in the client's settings changes: comments, order and layout stay. A
copy of the old settings is kept beside them, ending in .before-ucbridge, and
"ucbridge uninstall" restores it.

With --managed the server goes to all users of this machine: into the
administrator's settings of Claude Code, Codex or Gemini CLI, with a rule that allows
it if these have a list of allowed servers. If such a list is kept elsewhere, as for
GitHub Copilot and VS Code, the rule is printed.

The entry names this program by its absolute path. No token is ever written.
DATABRICKS_CONFIG_FILE and DATABRICKS_CONFIG_PROFILE are copied into the entry if
they are set, because the client does not have them; so is DATABRICKS_HOST if no
profile is named. A project's settings hold paths of this machine, so keep them out
of the repository.

Clients: ` + clientNames(71),
		Example: `  ucbridge install claude-code github --profile work
  ucbridge install claude-code --all-servers
  ucbridge install --all-clients --connection github --dry-run
  ucbridge install vscode --project --mcp-service system.ai.github
  ucbridge install claude-code codex --managed --all-servers --dry-run
  ucbridge install --list`,
	}
	cmd.Flags().SortFlags = false
	cmd.Flags().BoolVar(&i.list, "list", false, "show clients and the servers in them")
	cmd.Flags().StringVarP(&i.output, "output", "o", "text", "text or json, for --list")
	i.selection.bind(cmd)
	cmd.Flags().StringVar(&i.name, "name", "", "`name` of the server in the client (default the target's)")
	cmd.Flags().BoolVar(&i.force, "force", false, "replace a server that has another target or more restrictions")
	cmd.Flags().BoolVar(&i.noCheck, "no-check", false, "do not check the target first")
	cmd.Flags().BoolVar(&i.eachServer, "each", false, "with several servers, write one entry for each")
	i.cfg.Bind(cmd.Flags())
	completeSeveral(cmd, i.cfg)
	i.completeTarget(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if i.list {
			return i.showClients(args)
		}
		return i.run(cmd.Context(), args)
	}
	return cmd
}

// completeTarget offers targets, too, where there is a client.
func (i *install) completeTarget(cmd *cobra.Command) {
	clients := cmd.ValidArgsFunction
	cmd.ValidArgsFunction = func(cmd *cobra.Command, args []string, word string) ([]cobra.Completion, cobra.ShellCompDirective) {
		names, directive := clients(cmd, args, word)
		if (len(args) > 0 || i.all) && !targetByName(cmd) {
			names = append(names, targetNames(cmd.Context(), i.cfg)...)
		}
		return names, directive
	}
}

func (i *install) run(ctx context.Context, args []string) error {
	args, err := i.targetOf(args)
	if err != nil {
		return err
	}
	system, clients, err := i.choose(args)
	if err != nil {
		return err
	}
	if err := i.cfg.LoadSeveral(os.LookupEnv, os.ReadFile); err != nil {
		return err
	}
	if err := cmp.Or(i.cfg.CheckStart(), i.cfg.CheckSeveral()); err != nil {
		return err
	}
	if !i.noCheck {
		if at, is := findGateway(ctx, i.cfg.URL.Value); is {
			return at.refuse(clients, nameAt(i.name, at.address))
		}
	}
	if err := i.checkHosts(); err != nil {
		return err
	}
	entries, err := i.entries(ctx)
	if err != nil {
		return err
	}
	i.warnOfSecrets()
	showMistyped(i.err)
	if err := i.check(ctx, clients); err != nil {
		return err
	}
	return i.each(ctx, clients, func(c aiclient.Client) error {
		if i.managed {
			return i.rollOut(c, system, entries)
		}
		file, err := i.file(c, system)
		if err != nil {
			return err
		}
		if !i.project && !c.Installed(system) {
			printLine(i.err, "note", c.Title+" is not found on this machine, see: ucbridge install --list")
		}
		for _, e := range entries {
			if err := i.into(c, file, e.name, e.server); err != nil {
				return err
			}
		}
		i.announceServers()
		return nil
	})
}

// targetOf takes the target from the end of the arguments, where no flag and no
// variable names one and the last argument is no client.
func (i *install) targetOf(args []string) (clients []string, err error) {
	err = i.cfg.LoadSeveral(os.LookupEnv, os.ReadFile)
	if !errors.Is(err, config.ErrNoTarget) || len(args) == 0 {
		return args, nil // what else is wrong is said later
	}
	last := args[len(args)-1]
	if _, isClient := aiclient.Find(last); isClient {
		return args, usageError{err, []string{"name it after the client: ucbridge install " + last + " NAME"}}
	}
	if !i.all && len(args) == 1 {
		unknown := usageError{fmt.Errorf("unknown client %q", last), unknownClient(last)}
		if len(unknown.hints) == 1 { // it is like no client's name
			unknown.hints = append([]string{"if it is a connection, name a client first, such as: ucbridge install claude-code " + shell.Word(runtime.GOOS, last)}, unknown.hints...)
		}
		return nil, unknown
	}
	clients = args[:len(args)-1]
	for _, name := range clients[min(1, len(clients)):] {
		if _, isClient := aiclient.Find(name); !isClient {
			return nil, usageError{fmt.Errorf("unknown client %q", name), append(unknownClient(name), severalTargets)}
		}
	}
	return clients, i.cfg.Name(last)
}

// into adds the server to one client.
func (i *install) into(c aiclient.Client, file aiclient.File, name string, server aiclient.Server) error {
	defer i.turn()()
	change, err := c.Install(file.With(i.planned[file.Path]), name, server)
	if taken, ok := errors.AsType[*aiclient.Taken](err); ok {
		return usageError{taken, []string{"choose another name: --name " + name + "-databricks"}}
	}
	if replaced, ok := errors.AsType[*aiclient.Replaced](err); ok {
		return usageError{replaced, []string{"use a name or a path without it"}}
	}
	if err != nil {
		return err
	}
	if change.Was != nil && !i.force {
		if lost := losses(*change.Was, server); len(lost) > 0 {
			return protected(change, name, lost)
		}
	}
	defer i.warnOf(change)
	if len(change.Names) == 0 {
		fmt.Fprintf(i.out, "%s: %s is already in %s\n", c.Title, name, file.Path)
		return nil
	}
	if err := i.carryOut(change, "added %s to %s"); err != nil || i.dryRun {
		return err
	}
	if change.Was != nil && !slices.Equal(change.Was.Args, server.Args) {
		fmt.Fprintf(i.out, "  replaced: ucbridge %s (use --name to keep both)\n", terminal.Line(strings.Join(config.ShownWords(change.Was.Args), " ")))
	}
	_, err = fmt.Fprintf(i.out, "  next: %s\n", c.Next)
	return err
}

// launch is the entry that makes a client start this program as cfg says.
func launch(cfg *config.Config, lookup func(string) (string, bool)) (aiclient.Server, error) {
	command, err := thisProgram()
	if err != nil {
		return aiclient.Server{}, fmt.Errorf("finding this program: %w", err)
	}
	args, env, err := cfg.Launch()
	if err != nil {
		return aiclient.Server{}, err
	}
	if file, _ := lookup("DATABRICKS_CONFIG_FILE"); file != "" {
		if env["DATABRICKS_CONFIG_FILE"], err = filepath.Abs(file); err != nil {
			return aiclient.Server{}, fmt.Errorf("finding DATABRICKS_CONFIG_FILE: %w", err)
		}
	}
	profile, _ := lookup("DATABRICKS_CONFIG_PROFILE")
	host, _ := lookup("DATABRICKS_HOST")
	switch {
	case cfg.Profile.Given():
	case profile != "":
		args = append(args, "--profile", profile)
	case host != "" && !cfg.Host.Given():
		args = append(args, "--host", host)
	}
	network := aiclient.Network(lookup)
	return aiclient.Server{Command: command, Args: args, Env: env, Network: network}, nil
}

// thisProgram is the path to start this program by. The one found in PATH goes
// first where it is the same file: package managers keep a link there, and change
// where it leads with every version.
func thisProgram() (string, error) {
	self, err := os.Executable()
	if err != nil {
		return "", err
	}
	inPath, err := exec.LookPath(filepath.Base(self))
	if err != nil {
		return self, nil
	}
	a, errA := os.Stat(self)
	b, errB := os.Stat(inPath)
	if errA != nil || errB != nil || !os.SameFile(a, b) {
		return self, nil
	}
	return filepath.Abs(inPath)
}

// warnOfSecrets says what the client will lack, where this shell has it.
func (i *install) warnOfSecrets() {
	if i.cfg.Profile.Given() || os.Getenv("DATABRICKS_CONFIG_PROFILE") != "" {
		return
	}
	for _, name := range []string{"DATABRICKS_TOKEN", "DATABRICKS_CLIENT_SECRET"} {
		if os.Getenv(name) != "" {
			printLine(i.err, "warning", name+" is set here and is not written into a client's settings")
			printLine(i.err, "hint", "name a profile of ~/.databrickscfg: --profile NAME")
			return
		}
	}
}

// warnOf says what the client will lack, and what keeps it from reading the file,
// whoever put that there.
func (i *install) warnOf(c aiclient.Change) {
	if len(c.Stripped) > 0 {
		printLine(i.err, "warning", fmt.Sprintf("the user and password of %s are not written into a client's settings", strings.Join(c.Stripped, ", ")))
	}
	for _, found := range c.Unread {
		printLine(i.err, "warning", fmt.Sprintf("%s cannot read its settings, and will see no server: it takes no %s, as on line %d of %s",
			c.Client.Title, found.Extension, found.Line, c.File.Path))
		printLine(i.err, "hint", fmt.Sprintf("remove the %s from %s", found.Extension, c.File.Path))
	}
}

// unified is the change as a diff that patch reads.
func unified(c aiclient.Change) []byte {
	before, after := c.File.Path, c.File.Path
	if c.Before == nil {
		before = os.DevNull
	}
	if c.After == nil {
		after = os.DevNull
	}
	text := diff.Diff(before, c.Before, after, c.After)
	return text[bytes.IndexByte(text, '\n')+1:] // the first line names the files for people
}
