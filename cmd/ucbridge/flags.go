package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// flagGroup is a heading of help and the settings under it, by flag.
type flagGroup struct {
	heading string
	flags   []string
	// rare groups are left to "ucbridge help flags" where a command has the whole
	// set of settings.
	rare bool
}

var flagGroups = []flagGroup{
	{"Target", []string{"connection", "route", "path", "mcp-service", "url", "header"}, false},
	{"Several servers", []string{"servers", "all-servers", "prefix", "tools"}, false},
	{"Credentials", []string{"profile", "host"}, false},
	{"Policy", []string{"policy", "read-only", "allow", "deny", "meta", "audit"}, false},
	{"Limits", []string{"call-timeout", "call-idle-timeout", "connect-timeout", "fail-fast", "fresh", "max-message", "user-calls", "user-streams", "user-rate"}, true},
	{"Protocol", []string{"era", "adapt", "keep-capabilities"}, true},
	{"Network and logging", []string{"ca-file", "debug", "log-file"}, true},
}

// groupOf returns the heading of a flag, "" for one that a command has of its own.
func groupOf(flag string) string {
	for _, g := range flagGroups {
		if slices.Contains(g.flags, flag) {
			return g.heading
		}
	}
	return ""
}

// shared are the flags of one group that a command has.
func shared(cmd *cobra.Command, heading string) *pflag.FlagSet {
	set := pflag.NewFlagSet("", pflag.ContinueOnError)
	set.SortFlags = false
	cmd.LocalFlags().SortFlags = false
	cmd.LocalFlags().VisitAll(func(f *pflag.Flag) {
		if groupOf(f.Name) == heading {
			set.AddFlag(f)
		}
	})
	return set
}

// showsAll marks the commands whose help has every flag.
const showsAll = "shows all flags"

// flagHelp is the part of a command's help that lists its flags: its own first,
// then those that it shares with others, in groups.
func flagHelp(cmd *cobra.Command) string {
	var text strings.Builder
	section := func(heading string, set *pflag.FlagSet) {
		if set.HasAvailableFlags() {
			fmt.Fprintf(&text, "\n%s:\n%s\n", heading, strings.TrimRight(set.FlagUsages(), " \n"))
		}
	}
	section("Flags", shared(cmd, ""))
	left := false
	for _, g := range flagGroups {
		if set := shared(cmd, g.heading); g.rare && cmd.Annotations[showsAll] == "" && shared(cmd, "Target").HasAvailableFlags() {
			left = left || set.HasAvailableFlags()
		} else {
			section(g.heading, set)
		}
	}
	if left {
		text.WriteString("\nMore flags (limits, protocol, network, logging): ucbridge help flags\n")
	}
	return text.String()
}

// printUsage is cobra's usage, but for how flags are listed. It is code and no
// template, since text/template keeps the linker from leaving methods out.
func printUsage(cmd *cobra.Command) error {
	var text strings.Builder
	text.WriteString("Usage:\n")
	if cmd.Runnable() {
		fmt.Fprintf(&text, "  %s\n", cmd.UseLine())
	}
	if cmd.HasAvailableSubCommands() {
		fmt.Fprintf(&text, "  %s [command]\n", cmd.CommandPath())
	}
	if cmd.HasExample() {
		fmt.Fprintf(&text, "\nExamples:\n%s\n", cmd.Example)
	}
	listCommands(&text, "Available Commands", cmd, func(c *cobra.Command) bool { return c.IsAvailableCommand() || c.Name() == "help" })
	text.WriteString(flagHelp(cmd))
	listCommands(&text, "Additional help topics", cmd, (*cobra.Command).IsAdditionalHelpTopicCommand)
	if cmd.HasAvailableSubCommands() {
		fmt.Fprintf(&text, "\nUse \"%s [command] --help\" for more information about a command.\n", cmd.CommandPath())
	}
	_, err := fmt.Fprint(cmd.OutOrStderr(), text.String())
	return err
}

func listCommands(text *strings.Builder, heading string, cmd *cobra.Command, listed func(*cobra.Command) bool) {
	for _, c := range cmd.Commands() {
		if !listed(c) {
			continue
		}
		if heading != "" {
			fmt.Fprintf(text, "\n%s:\n", heading)
			heading = ""
		}
		fmt.Fprintf(text, "  %-*s %s\n", cmd.NamePadding()+1, c.Name(), c.Short)
	}
}

// newFlagsTopic is "ucbridge help flags": the flags that stdio has, all of them,
// with the environment variables that stand for them.
func newFlagsTopic(stdio *cobra.Command) *cobra.Command {
	topic := &cobra.Command{Use: "flags", Short: "Flags that commands share, and their environment variables"}
	topic.SetHelpFunc(func(cmd *cobra.Command, _ []string) {
		out := cmd.OutOrStdout()
		fmt.Fprint(out, `Commands that talk to an MCP server share these flags. A flag overrides the
environment variable that is named after it: --connection overrides
UCBRIDGE_CONNECTION. --profile and --host have Databricks' own variables,
DATABRICKS_CONFIG_PROFILE and DATABRICKS_HOST.
`)
		for _, g := range flagGroups {
			if set := shared(stdio, g.heading); set.HasAvailableFlags() {
				fmt.Fprintf(out, "\n%s:\n%s", g.heading, set.FlagUsages())
			}
		}
	})
	return topic
}
