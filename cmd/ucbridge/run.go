package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"runtime"
	"slices"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"ucbridge/bridge"
	"ucbridge/bridge/refusal"
	"ucbridge/bridge/shell"
	"ucbridge/cmd/internal/aiclient"
	"ucbridge/cmd/internal/terminal"
	"ucbridge/config"
)

// Exit codes. After a signal it is 128 and the signal's number, as shells do:
// 130 for SIGINT, 143 for SIGTERM.
const (
	exitOK              = 0                           // done, or the client closed stdin
	exitError           = 1                           // anything not below; a tool that reports an error, too
	exitUsage           = refusal.ExitUsage           // the command line or the environment is wrong
	exitUnknown         = 3                           // policy test cannot tell
	exitUnauthenticated = refusal.ExitUnauthenticated // Databricks does not know who is calling
	exitUnreachable     = refusal.ExitUnreachable     // workspace or server cannot be reached; of stdio only with --fail-fast
	exitSignal          = 128
)

// streams are the three standard streams. Where out carries JSON-RPC nothing
// else is written to it.
type streams struct {
	in       io.Reader
	out, err io.Writer
}

// usageError is a fault in how the program was started; the hints are things to do.
type usageError struct {
	error
	hints []string
}

func (e usageError) Unwrap() error { return e.error }

// run carries out one command line and returns the exit code. It ends soon
// after ctx does.
func run(ctx context.Context, args []string, s streams) int {
	root := newRoot(s, args)
	root.SetArgs(args)
	root.SetIn(s.in)
	root.SetOut(s.out)
	root.SetErr(s.err)
	if len(args) > 0 && args[0] == "completion" {
		refuseOtherShells(root, args)
	}
	err := helpOnUnknown(root, args)
	if err == nil {
		err = root.ExecuteContext(ctx)
	}
	report(s.err, ctx, err)
	return exitCode(ctx, err)
}

// newRoot returns the program's command with those beneath it that args can need.
func newRoot(s streams, args []string) *cobra.Command {
	root := &cobra.Command{
		Use:   "ucbridge",
		Short: "Use an MCP server governed by Unity Catalog as a local one",
		Long: `Use MCP servers governed by Databricks Unity Catalog from any AI client.

An AI client (Claude Desktop, Claude Code, Cursor, VS Code, ...) starts
"ucbridge stdio". Each message it sends goes through a Unity Catalog connection
under your own Databricks login, and the answer comes back unchanged.

No Databricks workspace at hand? "ucbridge demo" shows the whole path on this
machine.`,
		Example: `  ucbridge demo
  ucbridge tools github
  ucbridge stdio --connection github
  ucbridge install claude-code github --profile work
  ucbridge doctor github`,
		SilenceUsage:  true,
		SilenceErrors: true,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				return unknownCommand(cmd, args[0])
			}
			return nil
		},
	}
	showVersion := root.Flags().Bool("version", false, "print the version")
	root.RunE = func(cmd *cobra.Command, _ []string) error {
		if *showVersion {
			return printVersion(cmd.OutOrStdout(), currentBuild(), "text")
		}
		return cmd.Help()
	}
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return usageError{config.FlagFault(err), unknownFlag(cmd, err)}
	})
	root.SetUsageFunc(printUsage)
	root.AddCommand(commands(s, args)...)
	root.InitDefaultHelpCmd()
	if help, _, err := root.Find([]string{"help"}); err == nil && help != root {
		help.Args = knownCommand
	}
	return root
}

// helpOnUnknown refuses --help on a command that there is not, for which cobra prints the
// help of the one above.
func helpOnUnknown(root *cobra.Command, args []string) error {
	if !slices.Contains(args, "--help") && !slices.Contains(args, "-h") {
		return nil
	}
	found, left, err := root.Find(args)
	if err != nil || !found.HasSubCommands() || len(left) == 0 || strings.HasPrefix(left[0], "-") {
		return nil
	}
	return unknownCommand(found, left[0])
}

// knownCommand refuses help on a command that there is not.
func knownCommand(cmd *cobra.Command, args []string) error {
	found, left, err := cmd.Root().Find(args)
	if err == nil && len(left) > 0 && found.HasSubCommands() {
		return unknownCommand(found, left[0])
	}
	return err
}

// refuseOtherShells makes cobra's command for completion say that it does not know a
// shell, instead of printing its help. The command writes to what is root's stdout now.
func refuseOtherShells(root *cobra.Command, args []string) {
	root.InitDefaultCompletionCmd(args...)
	completion, _, err := root.Find([]string{"completion"})
	if err != nil || completion == root {
		return
	}
	completion.RunE = func(cmd *cobra.Command, args []string) error {
		if len(args) > 0 {
			return unknownCommand(cmd, args[0])
		}
		return cmd.Help()
	}
	completion.Args = cobra.ArbitraryArgs
}

// commands makes the command that args begins with, or all of them where it begins
// with none: an AI client starts stdio many times a day and waits for it, and to
// make the flags of the others would be a tenth of that start.
func commands(s streams, args []string) []*cobra.Command {
	makers := []struct {
		name string
		make func(streams) *cobra.Command
	}{
		{"stdio", newStdio},
		{"serve", newServe},
		{"demo", newDemo},
		{"connections", newConnections},
		{"login", newLogin},
		{"logout", newLogout},
		{"doctor", newDoctor},
		{"install", newInstall},
		{"uninstall", newUninstall},
		{"tools", newTools},
		{"call", newCall},
		{"policy", newPolicy},
		{"replay", newReplay},
		{"version", func(streams) *cobra.Command { return newVersion() }},
		{"flags", func(s streams) *cobra.Command { return newFlagsTopic(newStdio(s)) }},
	}
	var all []*cobra.Command
	for _, maker := range makers {
		if len(args) > 0 && args[0] == maker.name {
			return []*cobra.Command{maker.make(s)}
		}
		all = append(all, maker.make(s))
	}
	return all
}

// noArgs refuses arguments that are not flags, for commands that take none.
func noArgs(cmd *cobra.Command, args []string) error {
	if len(args) > 0 {
		return usageError{fmt.Errorf("unexpected argument %q", args[0]), []string{"see: " + cmd.CommandPath() + " --help"}}
	}
	return nil
}

// targetByFlag refuses arguments that are not flags, for commands that are written into
// settings and take their targets by flag.
func targetByFlag(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	flag := config.TargetFlag(args[0])
	if cmd.Flags().Lookup(flag) == nil {
		return noArgs(cmd, args)
	}
	return usageError{fmt.Errorf("unexpected argument %q", args[0]), []string{
		"did you mean " + shell.Command(runtime.GOOS, append(strings.Fields(cmd.CommandPath()), "--"+flag, args[0])...) + "?",
		"see: " + cmd.CommandPath() + " --help",
	}}
}

// exitCode is the one place where an error becomes a number.
func exitCode(ctx context.Context, err error) int {
	if err == nil {
		return exitOK
	}
	if i, ok := errors.AsType[interruption](context.Cause(ctx)); ok {
		return exitSignal + int(i.Signal)
	}
	if _, ok := errors.AsType[usageError](err); ok {
		return exitUsage
	}
	if _, ok := errors.AsType[*config.Error](err); ok {
		return exitUsage
	}
	if _, ok := errors.AsType[*unknownError](err); ok {
		return exitUnknown
	}
	if unwell, ok := errors.AsType[unwell](err); ok {
		return unwell.code()
	}
	if refused, ok := errors.AsType[*refusal.Error](err); ok {
		return refused.Data.Reason.ExitCode()
	}
	if _, ok := errors.AsType[*bridge.Unreachable](err); ok {
		return exitUnreachable
	}
	return exitError
}

// report tells a person what went wrong and what to do. Nothing needs to be
// said to the one who sent the signal, nor to the one who closed our stdout.
func report(w io.Writer, ctx context.Context, err error) {
	if _, interrupted := errors.AsType[interruption](context.Cause(ctx)); err == nil || interrupted || readerGone(err) {
		return
	}
	message, hints := err.Error(), []string(nil)
	if fault, ok := errors.AsType[usageError](err); ok {
		hints = fault.hints
	}
	if unknown, ok := errors.AsType[*unknownError](err); ok {
		printLine(w, "error", unknown.Error())
		printLine(w, "hint", unknown.examine)
		return
	}
	if _, ok := errors.AsType[*aiclient.Unreadable](err); ok {
		hints = append(hints, "correct the file, or move it away; it was not changed")
	}
	if hidden, ok := errors.AsType[*hiddenError](err); ok {
		hints = append(hints, hidden.show)
	}
	if fault, ok := errors.AsType[*config.Error](err); ok {
		hints = append(hints, mistyped(os.Environ())...)
		if fault.Hint != "" {
			hints = append(hints, fault.Hint)
		}
	}
	var detail string
	if refused, ok := errors.AsType[*refusal.Error](err); ok && refused.Data.Hint != "" {
		message, hints, detail = refused.Message, append(hints, refused.Data.Hint), refused.Detail()
	}
	if missing, ok := errors.AsType[*bridge.Unreachable](err); ok && missing.Server != "" {
		message = missing.Error() // which of several
	}
	printLine(w, "error", message)
	if detail != "" {
		printLine(w, "note", detail)
	}
	for _, hint := range hints {
		printLine(w, "hint", hint)
	}
}

// readerGone reports whether the reader of stdout, such as head, has read enough.
func readerGone(err error) bool {
	fault, ok := errors.AsType[*fs.PathError](err)
	return ok && fault.Path == "/dev/stdout" && errors.Is(fault, syscall.EPIPE)
}

// printLine writes for a person, always to stderr. Words from outside may be in it: only
// its first line begins as ucbridge's own do.
func printLine(w io.Writer, kind, text string) {
	text = strings.TrimSpace(text)
	if strings.Contains(strings.ReplaceAll(text, "\n ", ""), "\n") { // a line at the margin
		text = strings.ReplaceAll(text, "\n", "\n  ")
	}
	fmt.Fprintf(w, "ucbridge: %s: %s\n", kind, terminal.Clean(text))
}
