//lint:file-ignore SA1019 sampling, roots and logging are deprecated, and in use.

package e2e

import (
	"context"
	"iter"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/modelcontextprotocol/go-sdk/mcp"
)

// goClient is a client of the Go SDK together with what reaches it besides
// answers.
type goClient struct {
	*mcp.Client
	revision    string // to begin with, "" for the newest
	logs        chan *mcp.LoggingMessageParams
	progress    chan *mcp.ProgressNotificationParams
	listChanged chan struct{}
	asked       chan string
}

// newGoClient returns a client. A trimmed one does not offer what a buffered route
// cannot carry: sampling, roots and forms.
func newGoClient(trimmed bool) *goClient {
	const plenty = 100 // more than a server sends here
	c := &goClient{
		logs:        make(chan *mcp.LoggingMessageParams, plenty),
		progress:    make(chan *mcp.ProgressNotificationParams, plenty),
		listChanged: make(chan struct{}, plenty),
		asked:       make(chan string, plenty),
	}
	options := &mcp.ClientOptions{
		Capabilities: &mcp.ClientCapabilities{
			Elicitation: &mcp.ElicitationCapabilities{URL: &mcp.URLElicitationCapabilities{}},
		},
		ElicitationHandler: func(_ context.Context, r *mcp.ElicitRequest) (*mcp.ElicitResult, error) {
			c.asked <- r.Params.Message
			return &mcp.ElicitResult{Action: "accept", Content: map[string]any{"username": "ada", "name": "Ada"}}, nil
		},
		LoggingMessageHandler: func(_ context.Context, r *mcp.LoggingMessageRequest) {
			if text, _ := r.Params.Data.(string); strings.HasPrefix(text, "Tool ") { // another server may speak of other things
				c.logs <- r.Params
			}
		},
		ProgressNotificationHandler: func(_ context.Context, r *mcp.ProgressNotificationClientRequest) {
			c.progress <- r.Params
		},
		ToolListChangedHandler: func(context.Context, *mcp.ToolListChangedRequest) { c.listChanged <- struct{}{} },
	}
	if !trimmed {
		options.Capabilities.Elicitation.Form = &mcp.FormElicitationCapabilities{}
		options.Capabilities.RootsV2 = &mcp.RootCapabilities{ListChanged: true}
		options.CreateMessageHandler = func(_ context.Context, r *mcp.CreateMessageRequest) (*mcp.CreateMessageResult, error) {
			c.asked <- r.Params.Messages[0].Content.(*mcp.TextContent).Text
			return &mcp.CreateMessageResult{Model: "a-model", Role: "assistant", Content: &mcp.TextContent{Text: "Paris"}}, nil
		}
	}
	c.Client = mcp.NewClient(&mcp.Implementation{Name: "ucbridge-e2e", Version: "1.0.0"}, options)
	if !trimmed {
		c.AddRoots(&mcp.Root{URI: "file:///srv/project", Name: "project"})
	}
	return c
}

// goUse is one use of every feature of a server by a goClient.
type goUse struct {
	*testing.T
	ctx     context.Context
	client  *goClient
	session *mcp.ClientSession
	report  goReport
}

// useGoFeatures uses every feature of the server behind transport once. On a
// buffered way nothing is awaited that a server sends on its own, or asks.
func useGoFeatures(t *testing.T, transport mcp.Transport, c *goClient, buffered bool) map[string]any {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	session := ok(c.Connect(ctx, transport, &mcp.ClientSessionOptions{ProtocolVersion: c.revision}))(t)
	u := goUse{T: t, ctx: ctx, client: c, session: session, report: goReport{Server: session.InitializeResult()}}
	defer func() { u.check(session.Close()) }()
	if c.revision != modernRevision { // 2026-07-28 has neither that nor a log level for a session
		u.check(session.Ping(ctx, nil))
		u.logging()
	}
	u.lists()
	u.tools()
	u.resources()
	u.prompts()
	if !buffered {
		u.questions()
		u.changes()
	}
	return u.report.plain(t)
}

// check ends the test on an error.
func (u *goUse) check(err error) {
	u.Helper()
	if err != nil {
		u.Fatal(err)
	}
}

func (u *goUse) call(name string, arguments map[string]any) *mcp.CallToolResult {
	u.Helper()
	params := &mcp.CallToolParams{Name: name, Arguments: arguments, Meta: mcp.Meta{"progressToken": name}}
	return ok(u.session.CallTool(u.ctx, params))(u.T)
}

func (u *goUse) lists() {
	u.report.Tools = collect(u.T, u.session.Tools(u.ctx, nil))
	u.report.Resources = collect(u.T, u.session.Resources(u.ctx, nil))
	u.report.Templates = collect(u.T, u.session.ResourceTemplates(u.ctx, nil))
	u.report.Prompts = collect(u.T, u.session.Prompts(u.ctx, nil))
}

func (u *goUse) logging() {
	u.check(u.session.SetLoggingLevel(u.ctx, &mcp.SetLoggingLevelParams{Level: "debug"}))
	u.report.Logging = u.call("test_tool_with_logging", nil)
	u.report.Logs = receive(u, u.client.logs, 3)
}

func (u *goUse) tools() {
	u.report.Text = u.call("test_simple_text", nil)
	u.report.Mixed = u.call("test_multiple_content_types", nil)
	u.report.Failing = u.call("test_error_handling", nil)
	u.report.Progressing = u.call("test_tool_with_progress", nil)
	u.report.Progress = receive(u, u.client.progress, 3)
	// Where the capability did not reach the server it says so instead of asking.
	u.report.Elicitation = u.call("test_elicitation", map[string]any{"message": "Sign in"})
}

func (u *goUse) resources() {
	read := func(uri string) (*mcp.ReadResourceResult, error) {
		return u.session.ReadResource(u.ctx, &mcp.ReadResourceParams{URI: uri})
	}
	u.report.Resource = ok(read("test://static-text"))(u.T)
	u.report.Binary = ok(read("test://static-binary"))(u.T)
	u.report.Templated = ok(read("test://template/7/data"))(u.T)
	_, err := read("test://nowhere")
	if err == nil {
		u.Fatal("a resource that does not exist was read")
	}
	u.report.UnknownResource = err.Error()
	u.check(u.session.Subscribe(u.ctx, &mcp.SubscribeParams{URI: "test://watched-resource"}))
	u.check(u.session.Unsubscribe(u.ctx, &mcp.UnsubscribeParams{URI: "test://watched-resource"}))
}

func (u *goUse) prompts() {
	const name = "test_prompt_with_arguments"
	u.report.Prompt = ok(u.session.GetPrompt(u.ctx, &mcp.GetPromptParams{
		Name: name, Arguments: map[string]string{"arg1": "x", "arg2": "y"},
	}))(u.T)
	u.report.Completion = ok(u.session.Complete(u.ctx, &mcp.CompleteParams{
		Ref:      &mcp.CompleteReference{Type: "ref/prompt", Name: name},
		Argument: mcp.CompleteParamsArgument{Name: "arg1", Value: "a"},
	}))(u.T)
}

// questions has the server ask for a sample, and then for a form, a sample and the
// roots at once.
func (u *goUse) questions() {
	u.report.Sampling = u.call("test_sampling", map[string]any{"prompt": "What is the capital of France?"})
	u.report.AllInputs = u.call("test_input_required_result_multiple_inputs", nil)
	u.report.Asked = receive(u, u.client.asked, 4)
	slices.Sort(u.report.Asked[2:]) // asked together, in no order
}

// changes makes the server change its list of tools until the client hears of it:
// the server can say so only once the client's stream is open.
func (u *goUse) changes() {
	for {
		u.call("test_trigger_tool_change", nil)
		select {
		case <-u.client.listChanged:
			return
		case <-time.After(100 * time.Millisecond):
		case <-u.ctx.Done():
			u.Fatal("tools/list_changed did not arrive")
		}
	}
}

// receive returns the next n values.
func receive[T any](u *goUse, values <-chan T, n int) []T {
	u.Helper()
	var got []T
	for len(got) < n {
		select {
		case v := <-values:
			got = append(got, v)
		case <-u.ctx.Done():
			u.Fatalf("%d of %d arrived: %v", len(got), n, got)
		}
	}
	return got
}

// collect returns the values of a sequence that must not fail.
func collect[T any](t *testing.T, seq iter.Seq2[T, error]) []T {
	t.Helper()
	var all []T
	for v, err := range seq {
		all = append(all, ok(v, err)(t))
	}
	return all
}

// ok returns a function that returns v, or ends the test where there was an error.
func ok[T any](v T, err error) func(*testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}
