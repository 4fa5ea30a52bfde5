package doctor

import (
	"cmp"
	"context"
	"encoding/json"
	"os"
	"time"

	"ucbridge/bridge/jsonrpc"
	"ucbridge/cmd/internal/arguments"
	"ucbridge/cmd/internal/listing"
	"ucbridge/cmd/internal/remote"
	"ucbridge/cmd/internal/terminal"
)

// initialize shakes hands with the server through the bridge, as a client does.
func (e *Exam) initialize(ctx context.Context) Finding {
	began := time.Now()
	server, err := e.Connect(ctx)
	if err != nil {
		f := fault(err)
		f.Hint = e.addressed(f.Hint)
		return f
	}
	e.server.Store(server)
	name, version, revision := server.Identity()
	return ok("%s, MCP %s, in %s", terminal.Line(cmp.Or(name, "a server without a name")+" "+version), terminal.Line(revision), inWords(time.Since(began))).
		withData(map[string]string{"server": name, "version": version, "revision": revision})
}

// tools lists the tools of the server.
func (e *Exam) tools(ctx context.Context) Finding {
	if !e.server.Load().Declares(remote.Tools) {
		return ok("the server has none")
	}
	began := time.Now()
	names := []string{}
	for tool, err := range e.server.Load().List(ctx, remote.Tools) {
		if err != nil {
			return fault(err)
		}
		names = append(names, jsonrpc.Text(tool, "name"))
	}
	return ok("%d, in %s", len(names), inWords(time.Since(began))).withData(map[string]any{"tools": names})
}

// call calls the tool that the user named, if the server says that it only reads.
func (e *Exam) call(ctx context.Context) Finding {
	for tool, err := range e.server.Load().List(ctx, remote.Tools) {
		if err != nil {
			return fault(err)
		}
		if jsonrpc.Text(tool, "name") == e.Tool {
			return e.callThat(ctx, tool)
		}
	}
	return failed("the server has no tool %q", e.Tool).withHint("see: %s", e.targeted("tools"))
}

func (e *Exam) callThat(ctx context.Context, tool json.RawMessage) Finding {
	if string(jsonrpc.Value(tool, "annotations", "readOnlyHint")) != "true" {
		return failed("%s is not called: the server does not say that it only reads", e.Tool).
			withHint("name another, or call it: %s", e.targeted(append([]string{"call", e.Tool}, e.Arguments...)...))
	}
	parameters := arguments.Of(jsonrpc.Value(tool, "inputSchema"))
	given, err := parameters.Parse(e.Arguments, os.ReadFile)
	if err != nil {
		return failed("%w", err).withHint("the tool takes: %s", cmp.Or(listing.Usage(parameters), "no arguments"))
	}
	began := time.Now()
	result, err := e.server.Load().Call(ctx, e.Tool, given)
	if err != nil {
		return fault(err)
	}
	if string(jsonrpc.Value(result, "isError")) == "true" {
		return failed("%s reports an error", e.Tool).withHint("see what it says: %s", e.targeted(append([]string{"call", e.Tool}, e.Arguments...)...))
	}
	return ok("%s answered with %d bytes, in %s", terminal.Line(e.Tool), len(result), inWords(time.Since(began)))
}
