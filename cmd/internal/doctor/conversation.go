package doctor

import (
	"cmp"
	"context"
	"encoding/json"
	"os"
	"sync/atomic"
	"time"

	"ucbridge/bridge/jsonrpc"
	"ucbridge/bridge/refusal"
	"ucbridge/cmd/internal/arguments"
	"ucbridge/cmd/internal/commandline"
	"ucbridge/cmd/internal/listing"
	"ucbridge/cmd/internal/remote"
	"ucbridge/cmd/internal/terminal"
)

// conversation is what an AI client does: handshake, list, call.
type conversation struct {
	opts      Options
	workspace *workspace
	commands  commandline.Commands

	server atomic.Pointer[remote.Server] // initialize; close may come while that still runs
}

// close ends the session at the server.
func (c *conversation) close(ctx context.Context) error {
	if server := c.server.Load(); server != nil {
		return server.Close(ctx)
	}
	return nil
}

// initialize shakes hands with the server through the bridge, as a client does.
func (c *conversation) initialize(ctx context.Context) Finding {
	began := time.Now()
	server, err := c.opts.Connect(ctx)
	if err != nil {
		f := fault(err)
		f.Hint = refusal.ForUser(f.Hint, c.workspace.me)
		return f
	}
	c.server.Store(server)
	name, version, revision := server.Identity()
	return ok("%s, MCP %s, in %s", terminal.Line(cmp.Or(name, "a server without a name")+" "+version), terminal.Line(revision), inWords(time.Since(began))).
		withData(map[string]string{"server": name, "version": version, "revision": revision})
}

// tools lists the tools of the server.
func (c *conversation) tools(ctx context.Context) Finding {
	if !c.server.Load().Declares(remote.Tools) {
		return ok("the server has none")
	}
	began := time.Now()
	names := []string{}
	for tool, err := range c.server.Load().List(ctx, remote.Tools) {
		if err != nil {
			return fault(err)
		}
		names = append(names, jsonrpc.Text(tool, "name"))
	}
	return c.governed(ok("%d, in %s", len(names), inWords(time.Since(began))).withData(map[string]any{"tools": names}))
}

// call calls the tool that the user named, if the server says that it only reads.
func (c *conversation) call(ctx context.Context) Finding {
	for tool, err := range c.server.Load().List(ctx, remote.Tools) {
		if err != nil {
			return fault(err)
		}
		if jsonrpc.Text(tool, "name") == c.opts.Tool {
			return c.callThat(ctx, tool)
		}
	}
	return failed("the server has no tool %q", c.opts.Tool).withHint("see: %s", c.commands.ForTarget("tools"))
}

func (c *conversation) callThat(ctx context.Context, tool json.RawMessage) Finding {
	if string(jsonrpc.Value(tool, "annotations", "readOnlyHint")) != "true" {
		return failed("%s is not called: the server does not declare it read-only", c.opts.Tool).
			withHint("name another, or call it: %s", c.commands.ForTarget(append([]string{"call", c.opts.Tool}, c.opts.Arguments...)...))
	}
	parameters := arguments.Of(jsonrpc.Value(tool, "inputSchema"))
	given, err := parameters.Parse(c.opts.Arguments, os.ReadFile)
	if err != nil {
		return failed("%w", err).withHint("the tool takes: %s", cmp.Or(listing.Usage(parameters), "no arguments"))
	}
	began := time.Now()
	result, err := c.server.Load().Call(ctx, c.opts.Tool, given)
	if err != nil {
		return fault(err)
	}
	if string(jsonrpc.Value(result, "isError")) == "true" {
		return failed("%s reports an error", c.opts.Tool).withHint("see what it says: %s", c.commands.ForTarget(append([]string{"call", c.opts.Tool}, c.opts.Arguments...)...))
	}
	return ok("%s answered with %d bytes, in %s", terminal.Line(c.opts.Tool), len(result), inWords(time.Since(began)))
}
