package aggregate

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"ucbridge/bridge/jsonrpc"
	"ucbridge/bridge/mcp"
)

// withResources gives a fake prompts, resources and templates.
func (f *fake) withResources(uris ...string) *fake {
	f.result = strings.Replace(f.result, `"tools"`, `"prompts":{},"resources":{"subscribe":true},"completions":{},"logging":{},"tasks":{"list":{}},"tools"`, 1)
	var list []string
	for _, uri := range uris {
		list = append(list, `{"uri":"`+uri+`","name":"`+f.name+`"}`)
	}
	f.lists["resources/list"] = strings.Join(list, ",")
	f.lists["resources/templates/list"] = `{"uriTemplate":"` + f.name + `://{id}","name":"t"},{"uriTemplate":"file:///` + f.name + `/{path}","name":"u"}`
	f.lists[mcp.ListPrompts] = `{"name":"greet"}`
	return f
}

func TestResources(t *testing.T) {
	t.Parallel()
	a, b := withTools("a", "one").withResources("file:///x", "file:///1"), withTools("b", "two").withResources("file:///x", "file:///2")
	b.answer = func(m jsonrpc.Message) string {
		if m.Method == mcp.CallTool {
			return `{"content":[{"type":"resource_link","uri":"mem:///made","name":"made"}]}`
		}
		return `{"content":[{"type":"text","text":"b ` + m.Method + `"}]}`
	}
	inBubble(t, Options{}, []*fake{a, b}, func(t *testing.T, c *client) {
		c.begin()
		if got := c.names("resources/list"); !slices.Equal(got, []string{"file:///x", "file:///1", "file:///2"}) {
			t.Fatalf("resources %q", got)
		}
		c.ask(mcp.CallTool, `{"name":"two"}`)
		for uri, want := range map[string]string{
			"file:///x": "a", "file:///1": "a", "file:///2": "b", "a://7": "a", "b://7": "b", "file:///b/z": "b", "mem:///made": "b",
		} {
			if got := text(c.ask("resources/read", `{"uri":"`+uri+`"}`)); got != want+" resources/read" && !strings.HasPrefix(got, want+" ") {
				t.Errorf("%s was read from %s, want %s", uri, got, want)
			}
		}
		if m := c.ask("resources/read", `{"uri":"mem:///other"}`); string(jsonrpc.Value(m.Error, "code")) != "-32002" {
			t.Errorf("a resource of nobody: %s", m.Raw)
		}
		c.ask("resources/subscribe", `{"uri":"file:///2"}`)
		if len(a.saw("resources/subscribe")) != 0 || len(b.saw("resources/subscribe")) != 1 {
			t.Error("the subscription went elsewhere")
		}
		if got := c.names(mcp.ListPrompts); !slices.Equal(got, []string{"a_greet", "b_greet"}) {
			t.Errorf("prompts %q", got)
		}
		c.ask("completion/complete", `{"ref":{"type":"ref/prompt","name":"b_greet"},"argument":{"name":"x","value":"y"}}`)
		c.ask("completion/complete", `{"ref":{"type":"ref/resource","uri":"a://{id}"},"argument":{"name":"x","value":"y"}}`)
		if got := b.saw("completion/complete"); len(got) != 1 || jsonrpc.Text(got[0].Params, "ref", "name") != "greet" {
			t.Errorf("completions of b: %v", got)
		}
		if got := a.saw("completion/complete"); len(got) != 1 {
			t.Errorf("%d completions of a", len(got))
		}
		c.ask("logging/setLevel", `{"level":"debug"}`)
		if got := text(c.ask("logging/setLevel", `{"level":"loud"}`)); got != "error: Unknown log level." {
			t.Errorf("a level that MCP does not define: %s", got)
		}
		c.say(`{"jsonrpc":"2.0","method":"notifications/roots/list_changed"}`)
		synctest.Wait()
		for _, f := range []*fake{a, b} {
			if len(f.saw("logging/setLevel")) != 1 || len(f.saw("notifications/roots/list_changed")) != 1 {
				t.Errorf("%s was not told", f.name)
			}
		}
	})
}

// TestTasks: two servers whose tasks have one id.
func TestTasks(t *testing.T) {
	t.Parallel()
	a, b := withTools("a", "one").withResources(), withTools("b", "two").withResources()
	for _, f := range []*fake{a, b} {
		f.answer = func(m jsonrpc.Message) string {
			switch m.Method {
			case mcp.CallTool:
				return `{"task":{"taskId":"t","status":"working"}}`
			case "tasks/list":
				return `{"tasks":[{"taskId":"t","status":"working"}]}`
			case "tasks/get":
				return `{"taskId":"t","status":"working","statusMessage":"` + f.name + `"}`
			}
			return `{"content":[{"type":"text","text":"` + f.name + ` ` + jsonrpc.Text(m.Params, "taskId") + `"}]}`
		}
	}
	inBubble(t, Options{}, []*fake{a, b}, func(t *testing.T, c *client) {
		c.begin()
		ids := make(map[string]string)
		for tool, want := range map[string]string{"one": "a t", "two": "b t"} {
			id := jsonrpc.Text(c.ask(mcp.CallTool, `{"name":"`+tool+`","task":{}}`).Result, "task", "taskId")
			ids[id] = tool
			if got := c.ask("tasks/get", `{"taskId":"`+id+`"}`).Result; jsonrpc.Text(got, "taskId") != id || jsonrpc.Text(got, "statusMessage") != want[:1] {
				t.Errorf("task %s of %s: %s", id, tool, got)
			}
			if got := text(c.ask("tasks/result", `{"taskId":"`+id+`"}`)); got != want {
				t.Errorf("task %s of %s: %s", id, tool, got)
			}
		}
		if len(ids) != 2 {
			t.Fatalf("tasks %v", ids)
		}
		for _, f := range []*fake{a, b} {
			f.client.Emit([]byte(`{"jsonrpc":"2.0","method":"notifications/tasks/status","params":{"taskId":"t","status":"completed"}}`))
		}
		told := make(map[string]bool)
		for _, m := range c.heard("notifications/tasks/status") {
			told[jsonrpc.Text(m.Params, "taskId")] = true
		}
		for id := range ids {
			if !told[id] {
				t.Errorf("the end of the task %s was not told", id)
			}
		}
		listed := jsonrpc.Elements(jsonrpc.Value(c.ask("tasks/list", `{}`).Result, "tasks"))
		for _, task := range listed {
			if ids[jsonrpc.Text(task, "taskId")] == "" {
				t.Errorf("listed %s", task)
			}
		}
		if m := c.ask("tasks/cancel", `{"taskId":"u"}`); m.Error == nil {
			t.Errorf("a task of nobody: %s", m.Raw)
		}
	})
}

// TestSearch: in place of the list, tools that find and call.
func TestSearch(t *testing.T) {
	t.Parallel()
	a, b := withTools("github", "search", "read_file"), withTools("jira", "search")
	a.lists[mcp.ListTools] = `{"name":"search","description":"Find issues"},{"name":"read_file","description":"Read","annotations":{"readOnlyHint":true}}`
	inBubble(t, Options{Search: true}, []*fake{a, b}, func(t *testing.T, c *client) {
		c.begin()
		if got := c.names(mcp.ListTools); !slices.Equal(got, []string{findTool, readTool, writeTool, statusTool}) {
			t.Fatalf("tools %q", got)
		}
		found := text(c.ask(mcp.CallTool, `{"name":"find_tools","arguments":{"query":"issues"}}`))
		if len(jsonrpc.Elements([]byte(found))) != 1 || !strings.Contains(found, `"name":"github_search"`) {
			t.Errorf("found %s", found)
		}
		if found := text(c.ask(mcp.CallTool, `{"name":"find_tools","arguments":{"query":"search","limit":1}}`)); !strings.Contains(found, "1 more match") {
			t.Errorf("found %s", found)
		}
		for call, want := range map[string]string{
			`{"name":"call_read_tool","arguments":{"name":"read_file","arguments":{"p":1}}}`: "github tools/call read_file",
			`{"name":"call_read_tool","arguments":{"name":"jira_search"}}`:                   "error: jira_search is not declared to change nothing.",
			`{"name":"call_write_tool","arguments":{"name":"jira_search"}}`:                  "jira tools/call search",
			`{"name":"call_write_tool","arguments":{"name":"none"}}`:                         "error: Unknown tool: none",
		} {
			if got := text(c.ask(mcp.CallTool, call)); got != want {
				t.Errorf("%s: %s", call, got)
			}
		}
		if got := string(jsonrpc.Value(a.saw(mcp.CallTool)[0].Params, "arguments")); got != `{"p":1}` {
			t.Errorf("arguments %s", got)
		}
	})
}

// TestMovedName: a call goes where the list that the client has read showed it from.
func TestMovedName(t *testing.T) {
	t.Parallel()
	late := withTools("b", "search")
	late.delay = 5 * time.Second
	inBubble(t, Options{}, []*fake{withTools("a", "search"), late}, func(t *testing.T, c *client) {
		c.begin()
		if got := c.names(mcp.ListTools); !slices.Equal(got, []string{"search", statusTool}) {
			t.Fatalf("tools %q", got)
		}
		time.Sleep(6 * time.Second)
		if got := text(c.ask(mcp.CallTool, `{"name":"search"}`)); got != "a tools/call search" {
			t.Errorf("before the client has read the new list: %s", got)
		}
		if got := c.names(mcp.ListTools); !slices.Equal(got, []string{"a_search", "b_search", statusTool}) {
			t.Fatalf("tools %q", got)
		}
		if got := text(c.ask(mcp.CallTool, `{"name":"search"}`)); got != "error: Unknown tool: search" {
			t.Errorf("after it: %s", got)
		}
	})
}

// TestPrefixes: the three ways to name tools.
func TestPrefixes(t *testing.T) {
	t.Parallel()
	for prefix, want := range map[Prefix][]string{
		PrefixAlways: {"a_x", "a_only", "b_x"},
		PrefixNever:  {"x", "only"},
		PrefixAuto:   {"a_x", "only", "b_x"},
	} {
		inBubble(t, Options{Prefix: prefix}, []*fake{withTools("a", "x", "only"), withTools("b", "x")}, func(t *testing.T, c *client) {
			c.begin()
			if got := c.names(mcp.ListTools); !slices.Equal(got, append(want, statusTool)) {
				t.Errorf("%s: %q, want %q", prefix, got, want)
			}
			if got := text(c.ask(mcp.CallTool, `{"name":"b_x"}`)); got != "b tools/call x" {
				t.Errorf("%s: %s", prefix, got)
			}
		})
	}
}

// TestNameOfTwo: a name that is a server's name and its tool's in two ways is no name of
// either, whichever way the tools are listed.
func TestNameOfTwo(t *testing.T) {
	t.Parallel()
	for _, prefix := range []Prefix{PrefixAuto, PrefixAlways, PrefixNever} {
		servers := []*fake{withTools("a", "b_c"), withTools("a_b", "c"), withTools("a.b", "d"), withTools("z", "d")}
		inBubble(t, Options{Prefix: prefix}, servers, func(t *testing.T, c *client) {
			c.begin()
			for _, name := range c.names(mcp.ListTools) {
				if got := text(c.ask(mcp.CallTool, `{"name":"`+name+`"}`)); strings.HasPrefix(got, "error") {
					t.Errorf("%s: %s is listed, and %s", prefix, name, got)
				}
			}
			for range 8 { // a map's order is another each time
				if got := text(c.ask(mcp.CallTool, `{"name":"a_b_c"}`)); got != "error: Unknown tool: a_b_c" {
					t.Errorf("%s: %s", prefix, got)
				}
			}
			if got := text(c.ask(mcp.CallTool, `{"name":"a_b_d"}`)); got != "a.b tools/call d" {
				t.Errorf("%s: %s", prefix, got)
			}
		})
	}
}

// TestRestlessServer: a server that says that its list has changed in front of every
// answer does not keep anybody busy.
func TestRestlessServer(t *testing.T) {
	t.Parallel()
	restless := withTools("a", "x")
	list := restless.lists[mcp.ListTools]
	inBubble(t, Options{}, []*fake{restless, withTools("b", "y")}, func(t *testing.T, c *client) {
		c.begin()
		c.names(mcp.ListTools)
		for range 1000 {
			restless.client.Emit([]byte(`{"jsonrpc":"2.0","method":"notifications/tools/list_changed"}`))
			time.Sleep(10 * time.Millisecond)
		}
		if n := len(restless.saw(mcp.ListTools)); n > 12 {
			t.Errorf("read %d times", n)
		}
		if n := len(c.heard(mcp.ToolsChanged)); n > 3 {
			t.Errorf("the client was told %d times of nothing", n)
		}
		c.names(mcp.ListTools)
		told := len(c.heard(mcp.ToolsChanged))
		restless.lists[mcp.ListTools] = list + `,{"name":"z"}`
		restless.client.Emit([]byte(`{"jsonrpc":"2.0","method":"notifications/tools/list_changed"}`))
		time.Sleep(2 * time.Minute)
		if n := len(c.heard(mcp.ToolsChanged)); n != told+1 {
			t.Errorf("the client was told %d times of a tool more", n-told)
		}
	})
}

// BenchmarkMerge is the naming of tools, which is done at every change of a list.
func BenchmarkMerge(b *testing.B) {
	var entries []entry
	var servers []string
	for s := range 50 {
		server := fmt.Sprintf("server%d", s)
		servers = append(servers, server)
		for n := range 100 {
			entries = append(entries, entry{server, fmt.Sprintf("tool_%d_%d", n, s%5)})
		}
	}
	for b.Loop() {
		assign(PrefixAuto, servers, entries)
	}
}

// TestTasksSideBySide: one server that does not answer takes no time from another, all of
// whose pages are read.
func TestTasksSideBySide(t *testing.T) {
	t.Parallel()
	a, b := withTools("a", "one").withResources(), withTools("b", "two").withResources()
	a.answer = func(jsonrpc.Message) string { return "" }
	b.answer = func(m jsonrpc.Message) string {
		if jsonrpc.Text(m.Params, "cursor") == "" {
			return `{"tasks":[{"taskId":"1"}],"nextCursor":"more"}`
		}
		return `{"tasks":[{"taskId":"2"}]}`
	}
	inBubble(t, Options{}, []*fake{a, b}, func(t *testing.T, c *client) {
		c.begin()
		answer := c.ask("tasks/list", `{}`)
		var ids []string
		for _, task := range jsonrpc.Elements(jsonrpc.Value(answer.Result, "tasks")) {
			ids = append(ids, jsonrpc.Text(task, "taskId"))
		}
		if !slices.Equal(ids, []string{"1", "2"}) {
			t.Errorf("tasks %q: %s", ids, answer.Raw)
		}
	})
}
