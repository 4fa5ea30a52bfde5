package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"ucbridge/bridge"
	"ucbridge/bridge/jsonrpc"
	"ucbridge/cmd/internal/listing"
	"ucbridge/cmd/internal/remote"
	"ucbridge/cmd/internal/terminal"
)

// tools lists what a server offers.
type tools struct {
	streams
	*target
	all bool
}

func newTools(s streams) *cobra.Command {
	t := tools{streams: s}
	cmd := &cobra.Command{
		Use:   "tools [target] [name]",
		Short: "List the tools of an MCP server",
		Long: `List the tools of an MCP server, as an AI client sees them.

Name a tool to see it in full, with its schema. --all adds prompts, resources and
resource templates. -o json prints each entry as the server sent it: {"tools":
[...]}, or the tool that you named.

The words in brackets are the server's own hints; nothing vouches for them. The
target is a connection, an MCP service or a path, or is given by flags as for
"ucbridge stdio".`,
		Example: `  ucbridge tools github
  ucbridge tools github create_issue
  ucbridge tools --connection github -o json`,
		Args: func(cmd *cobra.Command, args []string) error { return noArgs(cmd, args[min(len(args), 2):]) },
	}
	cmd.Flags().BoolVar(&t.all, "all", false, "list prompts, resources and resource templates, too")
	t.target = bindTarget(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		args, err := t.loadWith(args)
		switch {
		case err != nil:
			return err
		case len(args) > 1:
			return noArgs(cmd, args[1:])
		case len(args) == 1 && t.all:
			return usageError{error: fmt.Errorf("--all and the name of a tool contradict each other")}
		}
		showMistyped(s.err)
		return t.speak(cmd.Context(), s, remote.Options{}, func(server *remote.Server) error {
			if len(args) == 1 {
				return t.show(cmd.Context(), server, args[0])
			}
			return t.list(cmd.Context(), server)
		})
	}
	return cmd
}

// show prints one tool.
func (t tools) show(ctx context.Context, server *remote.Server, name string) error {
	tool, err := t.findTool(ctx, server, name)
	if err != nil {
		return err
	}
	if t.output == "json" {
		_, err := fmt.Fprintf(t.out, "%s\n", terminal.JSON(tool))
		return err
	}
	var text bytes.Buffer
	listing.Printer{Out: &text, Width: terminal.Width(t.out)}.ToolInFull(tool)
	_, err = text.WriteTo(t.out)
	return err
}

// findTool returns a tool as the server lists it. The error is a hiddenError where
// the policy hides it.
func (t *target) findTool(ctx context.Context, server *remote.Server, name string) (json.RawMessage, error) {
	var names []string
	if server.Declares(remote.Tools) {
		for tool, err := range server.List(ctx, remote.Tools) {
			if err != nil {
				return nil, err
			}
			found := jsonrpc.Text(tool, "name")
			if found == name {
				return tool, nil
			}
			names = append(names, found)
		}
	}
	if j, ok := t.ruling(name); ok {
		return nil, &hiddenError{j, t.policyCommand("show")}
	}
	return nil, usageError{fmt.Errorf("the MCP server has no tool %q", name), append(t.repeats(name), didYouMean(name, names, "it has: "+alike(name, names, t.command("tools")))...)}
}

// hiddenError says that the policy hides a tool, and by which rule.
type hiddenError struct {
	bridge.Judged
	show string // the command that shows the rules
}

func (e *hiddenError) Error() string {
	return fmt.Sprintf("the tool %q is hidden by policy: %s", e.Name, e.Rule)
}

// mostNames is how many names a hint lists.
const mostNames = 20

// alike lists the names that hold name or are held by it, else all of them, as far
// as a hint goes.
func alike(name string, names []string, tools string) string {
	if len(names) == 0 {
		return "none"
	}
	name = strings.ToLower(name)
	shown := slices.DeleteFunc(slices.Clone(names), func(other string) bool {
		other = strings.ToLower(other)
		return !strings.Contains(other, name) && !strings.Contains(name, other)
	})
	if len(shown) == 0 {
		shown = names
	}
	more := ""
	if len(shown) > mostNames {
		shown, more = shown[:mostNames], ", ...; all of them: "+tools
	}
	return terminal.Line(strings.Join(shown, ", ")) + more
}

// list prints the lists that the server has.
func (t tools) list(ctx context.Context, server *remote.Server) error {
	lists := []remote.List{remote.Tools}
	if t.all {
		lists = append(lists, remote.Prompts, remote.Resources, remote.ResourceTemplates)
	}
	object, text := []byte("{}"), new(bytes.Buffer)
	for _, list := range lists {
		var entries []json.RawMessage
		if server.Declares(list) {
			for entry, err := range server.List(ctx, list) {
				if err != nil {
					return err
				}
				entries = append(entries, entry)
			}
		}
		if t.output == "json" {
			object = jsonrpc.Set(object, array(entries), string(list))
		} else {
			t.section(text, list, entries)
		}
	}
	if t.output == "json" {
		fmt.Fprintf(text, "%s\n", terminal.JSON(object))
	} else {
		t.origins(text)
	}
	_, err := text.WriteTo(t.out)
	t.noteHidden(t.err)
	t.noteServers(t.err)
	return err
}

// origins prints which server each tool belongs to, and what it is called there, where
// there are several servers. A list that is searched shows none of their tools.
func (t tools) origins(out io.Writer) {
	names := t.names()
	if len(names) == 0 || t.cfg.Tools.Value == "search" {
		return
	}
	fmt.Fprintln(out, "\nSERVERS")
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	for _, n := range names {
		own := ""
		switch n.Shown {
		case "":
			own = "\tnot shown: another server has a tool of that name"
			n.Shown = n.Name
		case n.Name:
		default:
			own = "\tcalled " + terminal.Line(n.Name) + " there"
		}
		fmt.Fprintln(table, terminal.Line("  "+n.Shown)+"\t"+terminal.Line(n.Server)+own)
	}
	_ = table.Flush() // to a buffer
}

// array is the JSON array of entries.
func array(entries []json.RawMessage) []byte {
	b := []byte{'['}
	for i, entry := range entries {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(b, entry...)
	}
	return append(b, ']')
}

// section prints one list, with a heading where there are several.
func (t tools) section(out io.Writer, list remote.List, entries []json.RawMessage) {
	p := listing.Printer{Out: out, Width: terminal.Width(t.out)}
	kinds := map[remote.List]struct {
		name  string
		print func(json.RawMessage)
	}{
		remote.Tools: {"tools", p.Tool}, remote.Prompts: {"prompts", p.Prompt},
		remote.Resources: {"resources", p.Resource}, remote.ResourceTemplates: {"resource templates", p.Resource},
	}
	kind := kinds[list]
	switch {
	case t.all && list != remote.Tools: // the first
		fmt.Fprintf(out, "\n%s\n", strings.ToUpper(kind.name))
	case t.all:
		fmt.Fprintln(out, strings.ToUpper(kind.name))
	}
	if len(entries) == 0 {
		fmt.Fprintln(out, "  none")
	}
	for i, entry := range entries {
		if t.all || i > 0 {
			fmt.Fprintln(out)
		}
		kind.print(entry)
	}
}
