package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"ucbridge/bridge/jsonrpc"
	"ucbridge/cmd/internal/arguments"
	"ucbridge/cmd/internal/content"
	"ucbridge/cmd/internal/form"
	"ucbridge/cmd/internal/listing"
	"ucbridge/cmd/internal/remote"
	"ucbridge/cmd/internal/terminal"
)

// call calls one tool.
type call struct {
	streams
	*target
	tool  string
	pairs []string
	json  string // the arguments, "@file" or a file with them, "" for none, "-" for stdin
	dir   string
}

func newCall(s streams) *cobra.Command {
	c := call{streams: s}
	cmd := &cobra.Command{
		Use:   "call [target] tool [name=value ...]",
		Short: "Call a tool of an MCP server",
		Long: `Call one tool of an MCP server, as an AI client does.

Arguments are name=value, typed by the tool's input schema. name=@file reads the
value from a file, name:=JSON gives it as JSON, and repeating a name builds an
array. --json gives all arguments at once: an object, @file, or "-" for stdin.

Text is printed as it came, structured content as JSON. Images, audio and other
binary content are saved to new files and their paths printed. -o json prints the
result as the server sent it and saves nothing. If the tool reports an error, its
text goes to stderr and the exit code is 1.

In a terminal you see progress and can answer the server's questions. Ctrl-C
cancels the call. The target is a connection, an MCP service or a path, or is given
by flags as for "ucbridge stdio".`,
		Example: `  ucbridge call github list_issues owner=octo repo=hello-mcp state=open
  ucbridge call create_issue owner=octo repo=hello-mcp title=Hello body=@report.md --connection github
  ucbridge call search labels:='["bug", "docs"]' --mcp-service system.ai.github
  echo '{"query": "lakehouse"}' | ucbridge call search --json - --connection github`,
	}
	cmd.Flags().StringVar(&c.json, "json", "", "all arguments as an `object`, in a file with @file, or on stdin with -")
	cmd.Flags().StringVar(&c.dir, "output-dir", ".", "`directory` to save images and other files to")
	c.target = bindTarget(cmd)
	completeTarget(cmd, c.cfg, cobra.ShellCompDirectiveDefault) // an argument may be name=@file
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		args, err := c.loadWith(args)
		if err != nil {
			return err
		}
		if len(args) == 0 {
			return usageError{errors.New("missing tool name"), []string{"run: " + c.command("tools")}}
		}
		c.tool, c.pairs = args[0], args[1:]
		showMistyped(c.streams.err)
		return c.run(cmd.Context())
	}
	return cmd
}

func (c call) run(ctx context.Context) error {
	if c.json != "" && len(c.pairs) > 0 {
		return usageError{error: fmt.Errorf("--json and %q contradict each other", c.pairs[0])}
	}
	var given json.RawMessage
	if c.json != "" {
		var err error
		if given, err = c.readObject(ctx); err != nil {
			return usageError{error: err}
		}
	}
	console := terminal.NewConsole(c.in, c.err)
	return c.speak(ctx, c.streams, c.present(console), func(server *remote.Server) error {
		tool, err := c.findTool(ctx, server, c.tool)
		hidden, isHidden := errors.AsType[*hiddenError](err)
		if isHidden {
			tool, err = json.RawMessage("{}"), nil // the policy refuses the call, and records it
		}
		if err != nil {
			return err
		}
		if c.json == "" {
			if given, err = c.arguments(ctx, tool); err != nil {
				return err
			}
		}
		c.showNotes()
		result, err := server.Call(ctx, c.tool, given)
		console.Status("")
		if isHidden && (err != nil || string(jsonrpc.Value(result, "isError")) == "true") {
			return hidden
		}
		if err != nil {
			return err
		}
		return c.print(result)
	})
}

// present lets a user at a terminal see the progress, and answer where the answers
// can be typed.
func (c call) present(console *terminal.Console) remote.Options {
	var opts remote.Options
	if !terminal.Is(c.err) {
		return opts
	}
	opts.Progress = func(p remote.Progress) { console.Status(progressLine(p)) }
	if terminal.Is(c.in) && c.json != "-" {
		opts.Elicit = &form.Asker{Console: console, Server: c.name()}
	}
	return opts
}

// readObject reads the arguments object that --json names.
func (c call) readObject(ctx context.Context) (json.RawMessage, error) {
	raw, err := readUntil(ctx, func() ([]byte, error) {
		file, at := strings.CutPrefix(c.json, "@")
		switch {
		case c.json == "-":
			return io.ReadAll(c.in)
		case !at && strings.HasPrefix(strings.TrimSpace(c.json), "{"):
			return []byte(c.json), nil
		}
		return os.ReadFile(file)
	})
	if err != nil {
		return nil, fmt.Errorf("reading the arguments: %w", err)
	}
	var object map[string]json.RawMessage
	if err := json.Unmarshal(raw, &object); err != nil || object == nil {
		return nil, fmt.Errorf("the arguments of --json %s are not a JSON object", terminal.Line(c.json))
	}
	return raw, nil
}

// readUntil reads what may be a terminal or a pipe, where a read cannot be ended,
// until ctx ends.
func readUntil(ctx context.Context, read func() ([]byte, error)) ([]byte, error) {
	done := make(chan struct{})
	var found []byte
	var fault error
	go func() {
		defer close(done)
		found, fault = read()
	}()
	select {
	case <-done:
		return found, fault
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

// arguments reads name=value by the tool's schema.
func (c call) arguments(ctx context.Context, tool json.RawMessage) (json.RawMessage, error) {
	parameters := arguments.Of(jsonrpc.Value(tool, "inputSchema"))
	given, err := parameters.Parse(c.pairs, func(name string) ([]byte, error) {
		return readUntil(ctx, func() ([]byte, error) { return os.ReadFile(name) })
	})
	if fault, ok := errors.AsType[*arguments.Error](err); ok {
		hint := "the tool takes no arguments"
		if usage := listing.Usage(parameters); usage != "" {
			hint = "the tool takes: " + usage
		}
		if fault.Unknown == "" {
			return nil, usageError{fault, []string{hint}}
		}
		return nil, usageError{fault, didYouMean(fault.Unknown, parameters.Names(), hint)}
	}
	return given, err
}

// print prints the result of the call.
func (c call) print(raw json.RawMessage) error {
	result, err := content.Read(raw)
	if err != nil {
		return err
	}
	fault := error(nil)
	if result.IsError {
		fault = fmt.Errorf("the call to %s failed", terminal.Line(c.tool))
	}
	if c.output == "json" {
		_, err := fmt.Fprintf(c.out, "%s\n", terminal.JSON(raw))
		return errors.Join(err, fault)
	}
	out := c.out
	if result.IsError {
		out = c.err
	}
	p := content.Printer{Out: out, Clean: terminal.Is(out), Dir: c.dir, Tool: c.tool}
	return errors.Join(p.Print(result), fault)
}
