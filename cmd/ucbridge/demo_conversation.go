package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/mark3labs/mcp-go/client"
	"github.com/mark3labs/mcp-go/mcp"

	"ucbridge/bridge/audit"
	"ucbridge/bridge/emulator"
)

// demoCalls is how many calls the latency is measured with.
const demoCalls = 100

// demoCall is a call that the demo makes.
type demoCall struct {
	tool string
	args map[string]any
}

var (
	searching = demoCall{"search_repositories", map[string]any{"query": "lakehouse"}}
	creating  = demoCall{"create_issue", map[string]any{"owner": "octo", "repo": "hello-mcp", "title": "Say hello from the demo"}}
)

// converse has the demo's conversation and prints it as it goes.
func (d demo) converse(ctx context.Context, c *client.Client) error {
	began := time.Now()
	var hello mcp.InitializeRequest
	hello.Params.ClientInfo = mcp.Implementation{Name: "ucbridge-demo", Version: currentBuild().Version}
	server, err := c.Initialize(ctx, hello)
	if err != nil {
		return fmt.Errorf("initialize: %w", err)
	}
	d.printf("initialize\n  %s %s, MCP %s, in %s\n", server.ServerInfo.Name, server.ServerInfo.Version,
		server.ProtocolVersion, milliseconds(time.Since(began)))

	list, err := c.ListTools(ctx, mcp.ListToolsRequest{})
	if err != nil {
		return fmt.Errorf("tools/list: %w", err)
	}
	d.printf("tools/list\n  %s\n", toolNames(list.Tools))
	for _, call := range []demoCall{searching, creating} {
		if err := d.call(ctx, c, call.tool, call.args); err != nil {
			return err
		}
	}
	return d.measure(ctx, c)
}

// call calls one tool and prints the first lines of its answer.
func (d demo) call(ctx context.Context, c *client.Client, tool string, args map[string]any) error {
	text, err := callTool(ctx, c, tool, args)
	if err != nil {
		return err
	}
	shown, err := json.Marshal(args)
	if err != nil {
		return err
	}
	d.printf("tools/call %s %s\n%s", tool, shown, excerpt(text))
	return nil
}

// beDenied lists the tools that a policy shows, and calls one that it hides.
func (d demo) beDenied(ctx context.Context, c *client.Client) error {
	if _, err := c.Initialize(ctx, mcp.InitializeRequest{}); err != nil {
		return fmt.Errorf("initialize: %w", err)
	}
	list, err := c.ListTools(ctx, mcp.ListToolsRequest{})
	if err != nil {
		return fmt.Errorf("tools/list: %w", err)
	}
	d.printf("tools/list\n  %s\n", toolNames(list.Tools))
	text, err := callTool(ctx, c, creating.tool, creating.args)
	if denied, ok := errors.AsType[*toolError](err); ok {
		d.printf("tools/call %s\n%s", creating.tool, excerpt(denied.text))
		return nil
	}
	return errors.Join(err, fmt.Errorf("the policy let %s through: %s", creating.tool, text))
}

// printLog prints the rows of the calls in an audit log.
func (d demo) printLog(name string) error {
	content, err := os.ReadFile(name)
	if err != nil {
		return fmt.Errorf("reading the audit log: %w", err)
	}
	d.printf("the audit log\n")
	for line := range strings.Lines(string(content)) {
		var row audit.Row
		if err := json.Unmarshal([]byte(line), &row); err != nil {
			return fmt.Errorf("reading the audit log: %w", err)
		}
		if row.Method == string(mcp.MethodToolsCall) {
			d.printf("  %s", line)
		}
	}
	return nil
}

// measure calls the cheapest tool over and over, one call after the other.
func (d demo) measure(ctx context.Context, c *client.Client) error {
	times := make([]time.Duration, demoCalls)
	for i := range times {
		began := time.Now()
		if _, err := callTool(ctx, c, "echo", map[string]any{"text": "hello"}); err != nil {
			return err
		}
		times[i] = time.Since(began)
	}
	slices.Sort(times)
	d.printf("tools/call echo, %d times\n  median %s, slowest %s\n", demoCalls,
		milliseconds(times[demoCalls/2]), milliseconds(times[demoCalls-1]))
	return nil
}

// callTool returns the text of a tool's answer.
func callTool(ctx context.Context, c *client.Client, tool string, args map[string]any) (string, error) {
	var request mcp.CallToolRequest
	request.Params.Name = tool
	request.Params.Arguments = args
	result, err := c.CallTool(ctx, request)
	if err != nil {
		return "", fmt.Errorf("tools/call %s: %w", tool, err)
	}
	var text []string
	for _, content := range result.Content {
		if t, ok := mcp.AsTextContent(content); ok {
			text = append(text, t.Text)
		}
	}
	answer := strings.Join(text, "\n")
	if result.IsError {
		return "", &toolError{tool, answer}
	}
	return answer, nil
}

// toolError is an answer of a tool that says that it failed.
type toolError struct{ tool, text string }

func (e *toolError) Error() string {
	return fmt.Sprintf("tools/call %s: the tool answered with an error: %s", e.tool, e.text)
}

// printAudit prints what the workspace saw: who sent which message by which
// route, how it was answered, and how often.
func (d demo) printAudit(exchanges []emulator.Exchange) {
	type row struct {
		user, route, message string
		status               int
	}
	var rows []row
	times := map[row]int{}
	for _, e := range exchanges {
		if e.Connection == "" { // reading the workspace's own configuration
			continue
		}
		message := e.RPCMethod
		if message == "" { // the stream for the server's messages, the end of the session
			message = e.Method
		}
		r := row{e.User, e.Route, message, e.Status}
		if times[r] == 0 {
			rows = append(rows, r)
		}
		times[r]++
	}
	d.printf("\nWhat the workspace recorded:\n")
	table := tabwriter.NewWriter(d.out, 0, 0, 2, ' ', 0)
	fmt.Fprintf(table, "  user\troute\tmessage\tstatus\ttimes\n")
	for _, r := range rows {
		fmt.Fprintf(table, "  %s\t%s\t%s\t%s\t%d\n", r.user, r.route, r.message, statusText(r.status), times[r])
	}
	table.Flush()
}

// statusText is the HTTP status; a stream that ends with its client has none.
func statusText(status int) string {
	if status == 0 {
		return "-"
	}
	return strconv.Itoa(status)
}

func toolNames(tools []mcp.Tool) string {
	names := make([]string, len(tools))
	for i, tool := range tools {
		names[i] = tool.Name
	}
	return strings.Join(names, ", ")
}

// excerpt indents the first lines of a text and cuts long ones.
func excerpt(text string) string {
	const maxLines, maxWidth = 4, 100
	var b strings.Builder
	for i, line := range strings.Split(strings.TrimSpace(text), "\n") {
		if i == maxLines {
			b.WriteString("  ...\n")
			break
		}
		if runes := []rune(line); len(runes) > maxWidth {
			line = string(runes[:maxWidth]) + "..."
		}
		fmt.Fprintf(&b, "  %s\n", line)
	}
	return b.String()
}

func milliseconds(d time.Duration) string {
	return fmt.Sprintf("%.2f ms", float64(d)/float64(time.Millisecond))
}
