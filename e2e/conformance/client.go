package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/modelcontextprotocol/go-sdk/mcp"
)

// beClient is the client of the scenario that the suite names, for the server at
// url, with the client of the Go SDK. Unless route is direct it reaches the server
// through ucbridge.
func beClient(route, url string) error {
	name := os.Getenv("MCP_CONFORMANCE_SCENARIO")
	s, ok := scenarios[name]
	if !ok {
		return fmt.Errorf("there is no client for scenario %q", name)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 25*time.Second) // the suite waits for 30
	defer cancel()
	if route == direct {
		return s.playOver(ctx, &mcp.StreamableClientTransport{Endpoint: url}, nil)
	}
	return s.playThrough(ctx, route, url)
}

// playThrough plays the scenario through ucbridge.
func (s scenario) playThrough(ctx context.Context, route, url string) error {
	dir, err := os.MkdirTemp("", "ucbridge-conformance-client-")
	if err != nil {
		return fmt.Errorf("creating a directory: %w", err)
	}
	if strings.HasPrefix(route, atGateway) {
		g, err := serve(os.Getenv("UCBRIDGE_BIN"), route, url, dir)
		if err != nil {
			return errors.Join(err, os.RemoveAll(dir))
		}
		err = s.playOver(ctx, &mcp.StreamableClientTransport{Endpoint: g.url}, nil)
		return errors.Join(err, g.close(), os.RemoveAll(dir))
	}
	p, err := openPassage(os.Getenv("UCBRIDGE_BIN"), route, url, dir)
	if err != nil {
		return errors.Join(err, os.RemoveAll(dir))
	}
	if route == beside {
		s.play = onceConnected(s.play)
	}
	w := &toolWatcher{Transport: &mcp.CommandTransport{Command: p.command(os.Stderr)}}
	return errors.Join(s.playOver(ctx, w, w), p.workspace.Close(), os.RemoveAll(dir))
}

// onceConnected returns a player who waits until the suite's server has answered: one that
// is slower than the other by much is not waited for, and comes by list_changed.
func onceConnected(play func(*player) error) func(*player) error {
	return func(p *player) error {
		for {
			status, err := p.session.CallTool(p.ctx, &mcp.CallToolParams{Name: "ucbridge_status", Arguments: map[string]any{}})
			if err != nil {
				return fmt.Errorf("waiting for the servers: %w", err)
			}
			text, _ := status.Content[0].(*mcp.TextContent)
			if text != nil && strings.Contains(text.Text, connectionName+": connected, ") {
				return play(p)
			}
			select {
			case <-time.After(20 * time.Millisecond):
			case <-p.ctx.Done():
				return fmt.Errorf("waiting for the servers: %w: %+v", p.ctx.Err(), text)
			}
		}
	}
}

// playOver plays the scenario over a transport, and w sees the tools that come.
func (s scenario) playOver(ctx context.Context, transport mcp.Transport, w *toolWatcher) error {
	client := mcp.NewClient(&mcp.Implementation{Name: "ucbridge-conformance", Version: "1.0.0"}, s.options())
	session, err := client.Connect(ctx, transport, nil)
	if err != nil {
		return fmt.Errorf("connecting: %w", err)
	}
	return errors.Join(s.play(&player{ctx: ctx, session: session, watcher: w}), session.Close())
}

// scenario is what a client has to do for a scenario of the suites.
type scenario struct {
	play   func(*player) error
	answer map[string]any // to a form; nil where none is to be offered
}

var scenarios = map[string]scenario{
	"initialize":                          {play: (*player).list},
	"tools_call":                          {play: calls("add_numbers", map[string]any{"a": 5, "b": 3})},
	"elicitation-sep1034-client-defaults": {play: calls("test_client_elicitation_defaults", nil), answer: map[string]any{}},
	"sse-retry":                           {play: calls("test_reconnection", nil)},
	"request-metadata":                    {play: func(*player) error { return nil }},
	"sep-2322-client-request-state":       {play: (*player).multiRound, answer: map[string]any{"confirmed": true}},
	"http-standard-headers":               {play: (*player).useEverything},
	"http-custom-headers":                 {play: (*player).callAsTold},
	"http-invalid-tool-headers":           {play: (*player).callAllSeen},
	"json-schema-ref-no-deref":            {play: (*player).list},
	"json-schema-2020-12-preservation":    {play: (*player).echoSchema},
}

func (s scenario) options() *mcp.ClientOptions {
	if s.answer == nil {
		return nil
	}
	return &mcp.ClientOptions{
		ElicitationHandler: func(context.Context, *mcp.ElicitRequest) (*mcp.ElicitResult, error) {
			return &mcp.ElicitResult{Action: "accept", Content: s.answer}, nil
		},
	}
}

// player plays a scenario.
type player struct {
	ctx     context.Context
	session *mcp.ClientSession
	watcher *toolWatcher // nil where the client is the one to drop tools
}

// calls returns a player who calls one of the tools that the server lists.
func calls(tool string, arguments map[string]any) func(*player) error {
	return func(p *player) error {
		if _, err := p.tool(tool); err != nil {
			return err
		}
		return p.call(tool, arguments)
	}
}

func (p *player) list() error {
	_, err := p.session.ListTools(p.ctx, nil)
	return err
}

// tool returns the tool of that name, as listed.
func (p *player) tool(name string) (*mcp.Tool, error) {
	list, err := p.session.ListTools(p.ctx, nil)
	if err != nil {
		return nil, err
	}
	for _, t := range list.Tools {
		if t.Name == name {
			return t, nil
		}
	}
	return nil, fmt.Errorf("tool %q is not listed", name)
}

func (p *player) call(tool string, arguments map[string]any) error {
	if arguments == nil {
		arguments = map[string]any{}
	}
	_, err := p.session.CallTool(p.ctx, &mcp.CallToolParams{Name: tool, Arguments: arguments})
	if err != nil {
		return fmt.Errorf("calling %s: %w", tool, err)
	}
	return nil
}

// multiRound calls tools that ask before they answer, with a state to bring back and
// without, and tools that do not, to which no state must be brought.
func (p *player) multiRound() error {
	for _, tool := range []string{"test_mrtr_echo_state", "test_mrtr_no_state", "test_mrtr_unrelated", "test_mrtr_no_result_type"} {
		if err := p.call(tool, nil); err != nil {
			return err
		}
	}
	return nil
}

// useEverything calls, reads and gets the first of each kind that is listed.
func (p *player) useEverything() error {
	tools, err := p.session.ListTools(p.ctx, nil)
	if err != nil {
		return err
	}
	resources, err := p.session.ListResources(p.ctx, nil)
	if err != nil {
		return err
	}
	prompts, err := p.session.ListPrompts(p.ctx, nil)
	if err != nil {
		return err
	}
	if len(tools.Tools) == 0 || len(resources.Resources) == 0 || len(prompts.Prompts) == 0 {
		return errors.New("a list is empty")
	}
	if err := p.call(tools.Tools[0].Name, nil); err != nil {
		return err
	}
	if _, err := p.session.ReadResource(p.ctx, &mcp.ReadResourceParams{URI: resources.Resources[0].URI}); err != nil {
		return err
	}
	_, err = p.session.GetPrompt(p.ctx, &mcp.GetPromptParams{Name: prompts.Prompts[0].Name})
	return err
}

// callAsTold makes the calls that the suite asks for.
func (p *player) callAsTold() error {
	var told struct {
		ToolCalls []struct {
			Name      string         `json:"name"`
			Arguments map[string]any `json:"arguments"`
		} `json:"toolCalls"`
	}
	if err := json.Unmarshal([]byte(os.Getenv("MCP_CONFORMANCE_CONTEXT")), &told); err != nil {
		return fmt.Errorf("reading what to call: %w", err)
	}
	if err := p.list(); err != nil {
		return err
	}
	for _, c := range told.ToolCalls {
		if err := p.call(c.Name, c.Arguments); err != nil {
			return err
		}
	}
	return nil
}

// callAllSeen calls all tools that came to this client. The Go SDK drops those
// with invalid annotations, which would hide whether the bridge did; so directly
// it is the SDK that is tested, and otherwise the bridge.
func (p *player) callAllSeen() error {
	list, err := p.session.ListTools(p.ctx, nil)
	if err != nil {
		return err
	}
	var names []string
	if p.watcher != nil {
		names = p.watcher.tools
	} else {
		for _, t := range list.Tools {
			names = append(names, t.Name)
		}
	}
	for _, name := range names {
		if err := p.call(name, map[string]any{"region": "us-west1"}); err != nil {
			return err
		}
	}
	return nil
}

// echoSchema sends back the schema that arrived, for the suite to compare.
func (p *player) echoSchema() error {
	tool, err := p.tool("json_schema_2020_12_tool")
	if err != nil {
		return err
	}
	return p.call("json_schema_echo", map[string]any{"schema": tool.InputSchema})
}
