package standby

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"ucbridge/bridge/jsonrpc"
	"ucbridge/bridge/mcp"
	"ucbridge/bridge/refusal"
	"ucbridge/bridge/sharedfile/sharedfiletest"
)

func parse(t *testing.T, raw string) jsonrpc.Message {
	t.Helper()
	m, err := jsonrpc.Parse([]byte(raw))
	if err != nil {
		t.Fatalf("%v in %s", err, raw)
	}
	return m
}

func initialize(id, version, capabilities string) string {
	return `{"jsonrpc":"2.0","id":` + id + `,"method":"initialize","params":{"protocolVersion":"` + version + `","capabilities":` + capabilities + `,"clientInfo":{"name":"t","version":"1"}}}`
}

func started(t *testing.T, dir, owner string) *Server {
	t.Helper()
	return New(Options{
		Version: "0.0.0-test", Dir: dir, Log: slog.New(slog.DiscardHandler),
		Owner: func(context.Context) (string, error) { return owner, nil },
	})
}

func (s *Server) ask(t *testing.T, raw string) jsonrpc.Message {
	t.Helper()
	answer := s.Answer(t.Context(), parse(t, raw))
	if answer == nil {
		t.Fatalf("no answer to %s", raw)
	}
	return parse(t, string(answer))
}

func TestNothingKept(t *testing.T) {
	t.Parallel()
	s := started(t, "", "")
	s.Explain(refusal.New("not_authenticated", "The login has expired.").WithHint("ucbridge login"))
	hello := s.ask(t, initialize("9007199254740993", "2025-06-18", "{}"))
	if string(hello.ID) != "9007199254740993" {
		t.Errorf("id = %s", hello.ID)
	}
	instructions := jsonrpc.Text(hello.Result, "instructions")
	for _, want := range []string{"The login has expired.", "ucbridge login", StatusTool} {
		if !strings.Contains(instructions, want) {
			t.Errorf("instructions lack %q: %s", want, instructions)
		}
	}
	for _, list := range []string{"tools", "prompts", "resources"} {
		if string(jsonrpc.Value(hello.Result, "capabilities", list, "listChanged")) != "true" {
			t.Errorf("%s are not declared to change: %s", list, hello.Result)
		}
	}
	if got := s.ask(t, `{"jsonrpc":"2.0","id":1,"method":"tools/list"}`); strings.Count(string(got.Result), `"name"`) != 1 {
		t.Errorf("tools: %s", got.Result)
	}
	if got := s.ask(t, `{"jsonrpc":"2.0","id":"a","method":"resources/templates/list"}`); string(got.Raw) != `{"jsonrpc":"2.0","id":"a","result":{"resourceTemplates":[]}}` {
		t.Errorf("templates: %s", got.Raw)
	}
	if got := s.ask(t, `{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":5}}`); string(got.Raw) != `{"jsonrpc":"2.0","id":1,"error":{"code":-32602,"message":"The parameters of initialize are not what MCP defines."}}` {
		t.Errorf("initialize: %s", got.Raw)
	}
	status := s.ask(t, `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"ucbridge_status"}}`)
	if !strings.Contains(string(status.Result), "not_authenticated") {
		t.Errorf("status: %s", status.Result)
	}
	for _, method := range []string{"tools/call", "resources/read", "future/method"} {
		if got := s.Answer(t.Context(), parse(t, `{"jsonrpc":"2.0","id":1,"method":"`+method+`","params":{"name":"search"}}`)); got != nil {
			t.Errorf("%s was answered: %s", method, got)
		}
	}
}

func TestKeptAnswers(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "cache")
	online := started(t, dir, "ada")
	learn := func(request, result string) {
		online.Learn(t.Context(), parse(t, request), []byte(result))
	}
	learn(initialize("1", "2025-06-18", "{}"), `{"protocolVersion":"2025-06-18","capabilities":{"tools":{},"prompts":{"listChanged":false},"x":1.0},"serverInfo":{"name":"github","version":"1"}}`)
	learn(`{"jsonrpc":"2.0","id":1,"method":"tools/list"}`, `{"tools":[{"name":"search<>"}],"nextCursor":"2"}`)
	learn(`{"jsonrpc":"2.0","id":2,"method":"tools/list","params":{"cursor":"2"}}`, `{"tools":[{"name":"second"}]}`)
	if files, err := os.ReadDir(dir); err == nil {
		t.Errorf("written before it is to be saved: %v", files)
	}
	online.Save()

	offline := started(t, dir, "ada")
	offline.Explain(refusal.New("workspace_unreachable", "No network."))
	if got := offline.ask(t, initialize(`"x"`, "2025-06-18", "{}")); string(got.Raw) != `{"jsonrpc":"2.0","id":"x","result":{"protocolVersion":"2025-06-18","capabilities":{"tools":{"listChanged":true},"prompts":{"listChanged":true},"x":1.0},"serverInfo":{"name":"github","version":"1"}}}` {
		t.Errorf("initialize: %s", got.Raw)
	}
	first := string(offline.ask(t, `{"jsonrpc":"2.0","id":1,"method":"tools/list"}`).Result)
	if !strings.HasPrefix(first, `{"tools":[{"name":"search<>"},{`) || !strings.Contains(first, StatusTool) || !strings.HasSuffix(first, `],"nextCursor":"2"}`) {
		t.Errorf("first page: %s", first)
	}
	if got := offline.ask(t, `{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{"cursor":"2"}}`); string(got.Result) != `{"tools":[{"name":"second"}]}` {
		t.Errorf("second page: %s", got.Result)
	}

	if got := offline.ask(t, `{"jsonrpc":"2.0","id":1,"method":"tools/list","params":[]}`); !strings.Contains(string(got.Result), "search<>") {
		t.Errorf("with odd params: %s", got.Raw)
	}

	for name, s := range map[string]struct{ owner, version, capabilities string }{
		"another identity":          {"bob", "2025-06-18", "{}"},
		"another revision":          {"ada", "2025-11-25", "{}"},
		"other client capabilities": {"ada", "2025-06-18", `{"roots":{}}`},
	} {
		other := started(t, dir, s.owner)
		other.ask(t, initialize("1", s.version, s.capabilities))
		if got := other.ask(t, `{"jsonrpc":"2.0","id":1,"method":"tools/list"}`); strings.Contains(string(got.Result), "search") {
			t.Errorf("%s sees %s", name, got.Result)
		}
	}

	files, err := os.ReadDir(dir)
	if err != nil || len(files) != 1 {
		t.Fatalf("files: %v, %v", files, err)
	}
	sharedfiletest.OnlyOwner(t, filepath.Join(dir, files[0].Name()))
	if err := os.WriteFile(filepath.Join(dir, files[0].Name()), []byte("{broken"), 0o600); err != nil {
		t.Fatal(err)
	}
	broken := started(t, dir, "ada")
	if got := broken.ask(t, initialize("1", "2025-06-18", "{}")); jsonrpc.Text(got.Result, "serverInfo", "name") != "ucbridge" {
		t.Errorf("from a broken file: %s", got.Result)
	}
}

// Only what a client can read is kept, and a file with anything else in it is as good
// as none.
func TestShapes(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "cache")
	const list = `{"jsonrpc":"2.0","id":1,"method":"tools/list"}`
	hello := initialize("1", "2025-06-18", "{}")
	s := started(t, dir, "ada")
	for _, result := range []string{`null`, `5`, `[]`, `{}`, `{"protocolVersion":"2025-06-18"}`, `{"protocolVersion":1,"capabilities":{}}`, `{"protocolVersion":"2025-06-18","capabilities":[]}`} {
		s.Learn(t.Context(), parse(t, hello), []byte(result))
		if got := s.ask(t, hello); jsonrpc.Text(got.Result, "serverInfo", "name") != "ucbridge" {
			t.Errorf("%s is repeated: %s", result, got.Result)
		}
	}
	for _, result := range []string{`null`, `{}`, `{"tools":null}`, `{"tools":{}}`, `{"tools":[null]}`, `{"tools":[{"name":"a"},5]}`, `{"prompts":[]}`} {
		s.Learn(t.Context(), parse(t, list), []byte(result))
		if got := s.ask(t, list); !strings.Contains(string(got.Result), StatusTool) {
			t.Errorf("%s is repeated: %s", result, got.Result)
		}
	}
	s.Learn(t.Context(), parse(t, hello), []byte(`{"protocolVersion":"2025-06-18","capabilities":{},"serverInfo":{"name":"github","version":"1"}}`))
	s.Save()
	files, err := os.ReadDir(dir)
	if err != nil || len(files) != 1 {
		t.Fatalf("files: %v, %v", files, err)
	}
	for _, content := range []string{`null`, `[]`, `5`, `{"initialize ":null}`, `{"initialize ":{"at":"2026-01-01T00:00:00Z","result":null}}`} {
		if err := os.WriteFile(filepath.Join(dir, files[0].Name()), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		again := started(t, dir, "ada")
		if got := again.ask(t, hello); jsonrpc.Text(got.Result, "serverInfo", "name") != "ucbridge" {
			t.Errorf("from %s: %s", content, got.Result)
		}
		again.Learn(t.Context(), parse(t, hello), []byte(`{"protocolVersion":"2025-06-18","capabilities":{},"serverInfo":{"name":"github","version":"1"}}`))
		again.Save()
	}
}

// What was learned of one initialize is saved when another begins; what is known is not
// written again.
func TestSave(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "cache")
	s := started(t, dir, "ada")
	s.Save() // nothing
	for i, capabilities := range []string{"{}", `{"roots":{}}`} {
		s.Learn(t.Context(), parse(t, initialize("1", "2025-06-18", capabilities)), []byte(`{"protocolVersion":"2025-06-18","capabilities":{},"serverInfo":{"name":"github","version":"1"}}`))
		if files, _ := os.ReadDir(dir); len(files) != i {
			t.Errorf("files %v, want %d", files, i)
		}
	}
	s.Save()
	files, err := os.ReadDir(dir)
	if err != nil || len(files) != 2 {
		t.Fatalf("files %v, %v", files, err)
	}
	for _, file := range files {
		if err := os.Remove(filepath.Join(dir, file.Name())); err != nil {
			t.Fatal(err)
		}
	}
	s.Save()
	if files, err := os.ReadDir(dir); err != nil || len(files) != 0 {
		t.Errorf("written again: %v, %v", files, err)
	}
}

// The pages of a list are kept as a chain with a bound.
func TestPages(t *testing.T) {
	t.Parallel()
	s := started(t, t.TempDir(), "ada")
	s.Learn(t.Context(), parse(t, initialize("1", "2025-06-18", "{}")), []byte(`{"protocolVersion":"2025-06-18","capabilities":{},"serverInfo":{"name":"github","version":"1"}}`))
	s.Learn(t.Context(), parse(t, `{"jsonrpc":"2.0","id":1,"method":"tools/list"}`), []byte(`{"tools":[],"nextCursor":"1"}`))
	page := func(i int) jsonrpc.Message {
		return parse(t, fmt.Sprintf(`{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{"cursor":"%d"}}`, i))
	}
	s.Learn(t.Context(), page(7), []byte(`{"tools":[]}`))
	if s.cache.recall(page(7), forever) != nil {
		t.Error("a page is kept that follows none")
	}
	for i := range 300 {
		s.Learn(t.Context(), page(i+1), fmt.Appendf(nil, `{"tools":[],"nextCursor":"%d"}`, i+2))
	}
	if n := len(s.cache.answers); n != mcp.MaxPages+1 {
		t.Errorf("%d answers are kept", n)
	}
}
