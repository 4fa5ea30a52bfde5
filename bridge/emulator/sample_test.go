package emulator_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/mark3labs/mcp-go/client"
	"github.com/mark3labs/mcp-go/client/transport"
	"github.com/mark3labs/mcp-go/mcp"

	"ucbridge/bridge/emulator"
)

// asker answers elicitations.
type asker func(mcp.ElicitationRequest) mcp.ElicitationResponse

func (a asker) Elicit(_ context.Context, req mcp.ElicitationRequest) (*mcp.ElicitationResult, error) {
	return &mcp.ElicitationResult{ElicitationResponse: a(req)}, nil
}

// dial connects mcp-go's client to the sample server through the proxy route.
func dial(t *testing.T, w *emulator.Workspace, opts ...client.ClientOption) *client.Client {
	t.Helper()
	tr := &http.Transport{}
	t.Cleanup(tr.CloseIdleConnections)
	http, err := transport.NewStreamableHTTP(w.URL()+routes[0].path,
		transport.WithHTTPHeaders(map[string]string{"Authorization": "Bearer " + ada}),
		transport.WithHTTPBasicClient(&http.Client{Transport: tr}))
	if err != nil {
		t.Fatal(err)
	}
	c := client.NewClient(http, opts...)
	if err := c.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	init := mcp.InitializeRequest{}
	init.Params.ProtocolVersion = "2025-11-25"
	init.Params.ClientInfo = mcp.Implementation{Name: "test", Version: "1"}
	if _, err := c.Initialize(t.Context(), init); err != nil {
		t.Fatal(err)
	}
	return c
}

func call(name string, args map[string]any) mcp.CallToolRequest {
	req := mcp.CallToolRequest{}
	req.Params.Name, req.Params.Arguments = name, args
	return req
}

// textOf returns the text of a tool's result.
func textOf(t *testing.T, res *mcp.CallToolResult, err error) string {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	text, ok := mcp.AsTextContent(res.Content[0])
	if !ok {
		t.Fatalf("result %+v", res)
	}
	if res.IsError {
		return "error: " + text.Text
	}
	return text.Text
}

func TestSampleTools(t *testing.T) {
	t.Parallel()
	w := start(t, emulator.Options{})
	c := dial(t, w)
	list, err := c.ListTools(t.Context(), mcp.ListToolsRequest{})
	if err != nil {
		t.Fatal(err)
	}
	writes := map[string]bool{}
	for _, tool := range list.Tools {
		writes[tool.Name] = !*tool.Annotations.ReadOnlyHint
	}
	want := map[string]bool{
		"search_repositories": false, "list_issues": false, "get_file_contents": false, "create_issue": true,
		"close_issue": true, "index_repository": false, "slow": false, "echo": false,
	}
	if diff := cmp.Diff(want, writes); diff != "" {
		t.Errorf("tools that write (-want +got):\n%s", diff)
	}
	repo := func(more ...any) map[string]any {
		args := map[string]any{"owner": "octo", "repo": "hello-mcp"}
		for i := 0; i < len(more); i += 2 {
			args[more[i].(string)] = more[i+1]
		}
		return args
	}
	for _, tc := range []struct {
		name string
		args map[string]any
		want string
	}{
		{"search_repositories", map[string]any{"query": "GUIDANCE"}, `{"items":[{"full_name":"acme/rocket","description":"Guidance software; not for hello worlds","language":"Rust","stargazers_count":4096}],"total_count":1}`},
		{"list_issues", repo("state", "closed"), `[{"number":3,"title":"Panic on an empty line","state":"closed","labels":["bug"]}]`},
		{"list_issues", map[string]any{"owner": "x", "repo": "y"}, "error: repository x/y not found"},
		{"get_file_contents", repo("path", "main.go"), "read main.go"},
		{"get_file_contents", repo("path", "nix"), "error: file nix not found in octo/hello-mcp"},
		{"create_issue", repo("title", "New", "body", "b"), `{"number":4,"title":"New","body":"b","state":"open"}`},
		{"create_issue", repo(), `error: required argument "title" not found`},
		{"close_issue", repo("number", 1), "error: the client cannot ask its user: capability elicitation is missing"},
		{"slow", map[string]any{"duration": "1ms"}, "waited 1ms"},
		{"echo", map[string]any{"text": "ab", "repeat": 3}, "ababab"},
	} {
		res, err := c.CallTool(t.Context(), call(tc.name, tc.args))
		if got := textOf(t, res, err); got != tc.want {
			t.Errorf("%s: %q, want %q", tc.name, got, tc.want)
		}
	}
	if n := w.Executions("create_issue"); n != 2 {
		t.Errorf("create_issue ran %d times", n)
	}
}

func TestSampleResourcesAndPrompts(t *testing.T) {
	t.Parallel()
	c := dial(t, start(t, emulator.Options{}))
	for uri, want := range map[string]string{
		"repo://octo/hello-mcp/contents/README.md":            "# hello-mcp\n\nA first MCP server. Run it with `go run .`.\n",
		"repo://octo/lakehouse-tools/contents/sql/orders.sql": "SELECT count(*) FROM orders WHERE amount > 100;\n",
	} {
		req := mcp.ReadResourceRequest{}
		req.Params.URI = uri
		got, err := c.ReadResource(t.Context(), req)
		if err != nil {
			t.Fatal(err)
		}
		if text, ok := mcp.AsTextResourceContents(got.Contents[0]); !ok || text.Text != want {
			t.Errorf("%s: %+v", uri, got.Contents)
		}
	}
	missing := mcp.ReadResourceRequest{}
	missing.Params.URI = "repo://octo/nix/contents/README.md"
	if _, err := c.ReadResource(t.Context(), missing); err == nil {
		t.Error("read a file that does not exist")
	}
	prompt := mcp.GetPromptRequest{}
	prompt.Params.Name = "triage_issues"
	prompt.Params.Arguments = map[string]string{"owner": "octo", "repo": "lakehouse-tools"}
	got, err := c.GetPrompt(t.Context(), prompt)
	if err != nil {
		t.Fatal(err)
	}
	want := "Sort the open issues of octo/lakehouse-tools by urgency:\n- #1 Support Unity Catalog volumes\n"
	if text, _ := mcp.AsTextContent(got.Messages[0].Content); text.Text != want {
		t.Errorf("prompt %+v", got.Messages)
	}
}

// Every progress report arrives, in order, before the result, however many
// calls share the session and although a GET stream is open.
func TestSampleProgress(t *testing.T) {
	t.Parallel()
	w := start(t, emulator.Options{})
	c := newCaller(t, w, ada)
	session := c.post(routes[0], initialize, "").Header.Get("Mcp-Session-Id")
	stream, err := c.http.Do(c.request("GET", routes[0].path, "", "Mcp-Session-Id", session))
	if err != nil {
		t.Fatal(err)
	}
	defer stream.Body.Close()
	const steps = 40
	var wg sync.WaitGroup
	for i := range 8 {
		message := fmt.Sprintf(`{"jsonrpc":"2.0","id":%d,"method":"tools/call","params":{"name":"index_repository",`+
			`"arguments":{"owner":"o","repo":"r","steps":%d},"_meta":{"progressToken":"t%d"}}}`, i, steps, i)
		wg.Go(func() {
			got := c.post(routes[0], message, session)
			var want strings.Builder
			want.WriteString(event(`{"jsonrpc":"2.0","method":"notifications/message","params":{"data":"indexing o/r","level":"info","logger":"index"}}`))
			for step := 1; step <= steps; step++ {
				want.WriteString(event(fmt.Sprintf(`{"jsonrpc":"2.0","method":"notifications/progress","params":{"progress":%d,"progressToken":"t%d","total":%d}}`, step, i, steps)))
			}
			want.WriteString(event(fmt.Sprintf(`{"jsonrpc":"2.0","id":%d,"result":{"content":[{"type":"text","text":"indexed o/r"}]}}`, i)))
			if diff := cmp.Diff(want.String(), got.Body); diff != "" || got.Header.Get("Content-Type") != "text/event-stream" {
				t.Errorf("call %d: %s (-want +got):\n%s", i, got.Header.Get("Content-Type"), diff)
			}
		})
	}
	wg.Wait()
}

func event(message string) string { return "event: message\ndata: " + message + "\n\n" }

func TestSampleElicitation(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		answer mcp.ElicitationResponse
		want   string
	}{
		{mcp.ElicitationResponse{Action: mcp.ElicitationResponseActionAccept, Content: map[string]any{"confirm": true}}, "closed"},
		{mcp.ElicitationResponse{Action: mcp.ElicitationResponseActionDecline}, "left open"},
	} {
		var asked string
		c := dial(t, start(t, emulator.Options{}), client.WithElicitationHandler(asker(func(req mcp.ElicitationRequest) mcp.ElicitationResponse {
			asked = req.Params.Message
			return tc.answer
		})))
		res, err := c.CallTool(t.Context(), call("close_issue", map[string]any{"owner": "octo", "repo": "hello-mcp", "number": 2}))
		if got := textOf(t, res, err); got != tc.want || asked != "Close issue 2 of octo/hello-mcp?" {
			t.Errorf("%q after %q, want %q", got, asked, tc.want)
		}
	}
}

func TestSampleCancellation(t *testing.T) {
	t.Parallel()
	w := start(t, emulator.Options{})
	c := newCaller(t, w, ada)
	session := c.post(routes[0], initialize, "").Header.Get("Mcp-Session-Id")
	ended := make(chan reply, 1)
	go func() {
		ended <- c.post(routes[0], `{"jsonrpc":"2.0","id":"s","method":"tools/call","params":{"name":"slow","arguments":{"duration":"1h"}}}`, session)
	}()
	for w.Executions("slow") == 0 {
		c.do("GET", "/.well-known/databricks-config", "")
	}
	c.post(routes[0], `{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":"s"}}`, session)
	if got := <-ended; !strings.Contains(got.Body, "context canceled") {
		t.Errorf("%+v", got)
	}
}

// What is not part of an answer arrives on the GET stream: here, that a
// subscribed resource has changed.
func TestSampleGetStream(t *testing.T) {
	t.Parallel()
	w := start(t, emulator.Options{})
	c := newCaller(t, w, ada)
	session := c.post(routes[0], initialize, "").Header.Get("Mcp-Session-Id")
	stream, err := c.http.Do(c.request("GET", routes[0].path, "", "Mcp-Session-Id", session))
	if err != nil || stream.Header.Get("Content-Type") != "text/event-stream" {
		t.Fatal(stream, err)
	}
	defer stream.Body.Close()
	c.post(routes[0], `{"jsonrpc":"2.0","id":1,"method":"resources/subscribe","params":{"uri":"repo://octo/hello-mcp/issues"}}`, session)
	c.post(routes[0], callCreate, session)
	lines := bufio.NewScanner(stream.Body)
	for lines.Scan() && !strings.HasPrefix(lines.Text(), "data:") {
	}
	want := `data: {"jsonrpc":"2.0","method":"notifications/resources/updated","params":{"uri":"repo://octo/hello-mcp/issues"}}`
	if lines.Text() != want {
		t.Errorf("%q, want %q", lines.Text(), want)
	}
	if got := c.do("DELETE", routes[0].path, "", "Mcp-Session-Id", session); got.Status != 204 {
		t.Errorf("DELETE: %+v", got)
	}
	for lines.Scan() { // the stream ends with its session
	}
	if err := lines.Err(); err != nil {
		t.Errorf("stream: %v", err)
	}
	if got := c.post(routes[0], callEcho, session); got.Status != 404 {
		t.Errorf("after DELETE: %+v", got)
	}
}

func TestSampleRevision20260728(t *testing.T) {
	t.Parallel()
	c := newCaller(t, start(t, emulator.Options{}), ada)
	got := c.do("POST", routes[0].path, `{"jsonrpc":"2.0","id":1,"method":"server/discover","params":{"_meta":{`+
		`"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientInfo":{"name":"t","version":"1"},`+
		`"io.modelcontextprotocol/clientCapabilities":{}}}}`,
		"MCP-Protocol-Version", "2026-07-28", "Mcp-Method", "server/discover")
	var body struct {
		Result struct {
			Versions []string `json:"supportedVersions"`
		} `json:"result"`
	}
	if err := json.Unmarshal([]byte(got.Body), &body); err != nil || got.Status != 200 || len(body.Result.Versions) == 0 {
		t.Errorf("%+v %v", got, err)
	}
}

func TestSampleDoor(t *testing.T) {
	t.Parallel()
	c := newCaller(t, start(t, emulator.Options{}), ada)
	session := c.post(routes[0], initialize, "").Header.Get("Mcp-Session-Id")
	for _, tc := range []struct {
		name, method string
		header       []string
		want         int
	}{
		{"no session", "POST", nil, 400},
		{"unknown session", "GET", []string{"Mcp-Session-Id", "x"}, 404},
		{"Accept of POST", "POST", []string{"Mcp-Session-Id", session, "Accept", "application/json"}, 406},
		{"Accept of GET", "GET", []string{"Mcp-Session-Id", session, "Accept", "application/json"}, 406},
		{"Content-Type", "POST", []string{"Mcp-Session-Id", session, "Content-Type", "text/plain"}, 415},
		{"revision", "POST", []string{"Mcp-Session-Id", session, "MCP-Protocol-Version", "1999-01-01"}, 400},
		{"method", "PUT", []string{"Mcp-Session-Id", session}, 405},
		{"stray response", "POST", []string{"Mcp-Session-Id", session, "X-Body", `{"jsonrpc":"2.0","id":77,"result":{}}`}, 202},
	} {
		body := callEcho
		if n := len(tc.header); n > 1 && tc.header[n-2] == "X-Body" {
			body = tc.header[n-1]
		}
		if tc.method == "GET" {
			body = ""
		}
		if got := c.do(tc.method, routes[0].path, body, tc.header...); got.Status != tc.want {
			t.Errorf("%s: %+v, want %d", tc.name, got, tc.want)
		}
	}
}
