package govern

import (
	"context"
	"fmt"
	"log/slog"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"ucbridge/bridge/jsonrpc"
	"ucbridge/bridge/policy"
	"ucbridge/bridge/refusal"
)

// gateHarness is a gate between a client and a server that only take notes.
type gateHarness struct {
	t    testing.TB
	gate *Gate

	mu        sync.Mutex
	forwarded []string   // what reached the server
	heard     []string   // what the client saw
	about     jsonrpc.ID // the request that the last of these is about
	pages     []string   // of tools/list, in turn
	asked     int
	slow      time.Duration // of each page
	answer    func(m jsonrpc.Message) string
	work      sync.WaitGroup
	spoken    chan struct{} // a token for each message that the client saw
}

// tools are what the server lists, on two pages.
var twoPages = []string{
	`{"tools":[{"name":"read_file","annotations":{"readOnlyHint":true}},{"name":"write_file","annotations":{"readOnlyHint":false,"destructiveHint":false}}],"nextCursor":"2"}`,
	`{"tools":[{"name":"delete_repo","annotations":{"destructiveHint":true}},{"name":"unhinted"}]}`,
}

// open sets up a gate under a policy.
func open(t testing.TB, rules string) *gateHarness {
	t.Helper()
	return openWith(t, rules, Options{Name: "github", Log: slog.New(slog.DiscardHandler), Route: func() string { return "proxy" }})
}

func openWith(t testing.TB, rules string, o Options) *gateHarness {
	t.Helper()
	file, err := policy.Parse("p.yaml", []byte(rules))
	if err != nil {
		t.Fatal(err)
	}
	o.Policy = policy.New(policy.TargetOf(o.Name, "", ""), file)
	th := &gateHarness{t: t, pages: twoPages, spoken: make(chan struct{}, 1000)}
	governor := New(o)
	t.Cleanup(governor.Close)
	th.gate = governor.Gate(context.Background(), &Tools{}, th.passed, th.hear)
	th.gate.Serve(th)
	return th
}

// passed hears a message of the server that passes as it came.
func (th *gateHarness) passed(m jsonrpc.Message) { th.hear(m.Raw, m.Within) }

func (th *gateHarness) hear(raw []byte, within jsonrpc.ID) {
	th.mu.Lock()
	defer th.mu.Unlock()
	th.about = within
	th.heard = append(th.heard, string(raw))
	th.spoken <- struct{}{}
}

func (th *gateHarness) Handle(m jsonrpc.Message) {
	th.mu.Lock()
	th.forwarded = append(th.forwarded, string(m.Raw))
	answer := th.answer
	th.mu.Unlock()
	if answer != nil {
		if raw := answer(m); raw != "" {
			th.gate.Emit([]byte(raw))
		}
	}
}

func (th *gateHarness) Ask(ctx context.Context, method string, params []byte) (jsonrpc.Message, error) {
	select {
	case <-time.After(th.slow):
	case <-ctx.Done():
		return jsonrpc.Message{}, context.Cause(ctx)
	}
	th.mu.Lock()
	defer th.mu.Unlock()
	th.asked++
	page := 0
	if n, err := strconv.Atoi(jsonrpc.Text(params, "cursor")); err == nil {
		page = n - 1
	}
	if page >= len(th.pages) {
		return jsonrpc.Message{}, refusal.New("connection_cut", "The connection broke.")
	}
	return jsonrpc.Parse(fmt.Appendf(nil, `{"jsonrpc":"2.0","id":"ask","result":%s}`, th.pages[page]))
}

func (th *gateHarness) Owns(tool string) bool             { return tool == "ucbridge_status" }
func (th *gateHarness) Go(_ jsonrpc.Message, work func()) { th.work.Go(work) }

// say hands lines to the gate, waits until all is decided, and returns what the
// client has heard since.
func (th *gateHarness) say(lines ...string) []string {
	th.t.Helper()
	th.mu.Lock()
	before := len(th.heard)
	th.mu.Unlock()
	for _, line := range lines {
		m, err := jsonrpc.Parse([]byte(line))
		if err != nil {
			th.t.Fatalf("%s: %v", line, err)
		}
		th.gate.Handle(m)
		th.work.Wait()
	}
	th.mu.Lock()
	defer th.mu.Unlock()
	return th.heard[before:]
}

// sent returns what has reached the server, and forgets it.
func (th *gateHarness) sent() []string {
	th.mu.Lock()
	defer th.mu.Unlock()
	out := th.forwarded
	th.forwarded = nil
	return out
}

func call(id int, tool string) string {
	return fmt.Sprintf(`{"jsonrpc":"2.0","id":%d,"method":"tools/call","params":{"name":"%s","arguments":{"path":"x"}}}`, id, tool)
}

func TestCallsAreRuledOn(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		policy string
		passes []string
		denied []string
	}{
		"read only":                {"read_only: true", []string{"read_file"}, []string{"write_file", "delete_repo", "unhinted", "unheard"}},
		"read only, named":         {"read_only: true\ntools: {reads: [unh*], writes: [read_*]}", []string{"unhinted"}, []string{"read_file", "write_file"}},
		"deny beats allow":         {"tools: {allow: ['*'], deny: [delete_*]}", []string{"read_file", "unhinted"}, []string{"delete_repo"}},
		"allow alone":              {"tools: {allow: ['*_file']}", []string{"read_file", "write_file"}, []string{"delete_repo", "unhinted"}},
		"allow nothing":            {"tools: {allow: []}", nil, []string{"read_file", "delete_repo"}},
		"deny in another case":     {"tools: {deny: [DELETE_*]}", []string{"read_file"}, []string{"delete_repo"}},
		"another connection":       {"connections: {gitlab: {read_only: true}}\ntools: {deny: [write_*]}", []string{"delete_repo"}, []string{"write_file"}},
		"both sections must agree": {"connections: {'git*': {tools: {allow: [read_*]}}}\ntools: {allow: ['*_file']}", []string{"read_file"}, []string{"write_file"}},
		"the bridge's own tool":    {"tools: {allow: [nothing]}", []string{"ucbridge_status"}, []string{"read_file"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			th := open(t, tt.policy)
			for i, tool := range tt.passes {
				line := call(i, tool)
				if heard := th.say(line); len(heard) > 0 {
					t.Errorf("%s is answered %s", tool, heard)
				}
				if diff := cmp.Diff([]string{line}, th.sent()); diff != "" {
					t.Errorf("%s (-want +sent):\n%s", tool, diff)
				}
			}
			for i, tool := range tt.denied {
				heard := th.say(call(100+i, tool))
				if len(heard) != 1 || !strings.Contains(heard[0], `"isError":true`) {
					t.Errorf("%s is answered %s", tool, heard)
				}
				if sent := th.sent(); sent != nil {
					t.Errorf("%s was sent: %s", tool, sent)
				}
			}
		})
	}
}

func TestOtherMethodsAreRuledOn(t *testing.T) {
	t.Parallel()
	th := open(t, `
prompts: {deny: [secret_*]}
resources: {allow: ["repo://octo/*", "repo://Hub/a%20b/*"], deny: ["*.env", "*/a%20key"]}
methods: ["vendor/*"]
`)
	for _, tt := range []struct {
		method, params string
		passes         bool
	}{
		{"ping", `{}`, true},
		{"vendor/x", `{}`, true},
		{"other/x", `{}`, false},
		{"Tools/call", `{"name":"read_file"}`, false},
		{"prompts/get", `{"name":"summary"}`, true},
		{"prompts/get", `{"name":"secret_plan"}`, false},
		{"prompts/get", `{"name":"Secret\u200b_plan"}`, false},
		{"prompts/get", `{}`, false},
		{"resources/read", `{"uri":"repo://octo/readme"}`, true},
		{"resources/read", `{"uri":"repo://acme/readme"}`, false},
		{"resources/read", `{"uri":"repo://octo/../acme/readme"}`, false},
		{"resources/read", `{"uri":"repo://octo/%2e%2e/acme/readme"}`, false},
		{"resources/read", `{"uri":"repo://octo/a%2Eenv"}`, false},
		{"resources/read", `{"uri":"repo://octo/%2e%2e/acme/readme?%"}`, false},
		{"resources/read", `{"uri":"repo://octo/a%2Eenv%"}`, true}, // a name of its own
		{"resources/read", `{"uri":"repo://octo/a%2Eenv?%"}`, false},
		{"resources/read", `{"uri":"repo://octo/.env#x"}`, false},
		{"resources/read", `{"uri":"repo://octo/.env/"}`, false},
		{"resources/read", `{"uri":"repo://octo/%2525252525252525252525252e%2e/acme"}`, false},
		{"resources/read", `{"uri":"repo://octo/x?page=2"}`, true},
		{"resources/list", `{}`, true},
		{"resources/read", `{"uri":"repo://octo/a%252Eenv"}`, false},
		{"resources/subscribe", `{"uri":"repo://octo/.env"}`, false},
		{"resources/read", `{"uri":"repo://Hub/a%20b/c"}`, true},
		{"resources/read", `{"uri":"repo://hub/a%20b/c"}`, false},
		{"resources/read", `{"uri":"repo://octo/a key"}`, false},
		{"resources/read", `{"uri":"repo://octo/A%20Key"}`, false},
		{"resources/unsubscribe", `{"uri":"repo://octo/x"}`, true},
		{"completion/complete", `{"ref":{"type":"ref/prompt","name":"secret_plan"},"argument":{"name":"a","value":"b"}}`, false},
		{"completion/complete", `{"ref":{"type":"ref/prompt","name":"summary"},"argument":{"name":"a","value":"b"}}`, true},
		{"completion/complete", `{"ref":{"type":"ref/prompt","name":"summary","name":"secret_plan"}}`, false},
		{"completion/complete", `{"ref":{"type":"ref/resource","uri":"repo://{owner}/x"}}`, true},
		{"completion/complete", `{"ref":{"type":"ref/resource","uri":"file:///{path}"}}`, false},
		{"subscriptions/listen", `{"notifications":{"toolsListChanged":true}}`, true},
		{"subscriptions/listen", `{"notifications":{"resourceSubscriptions":["repo://octo/x","repo://acme/x"]}}`, false},
		{"subscriptions/listen", `{"notifications":{"resourceSubscriptions":"repo://acme/x"}}`, false},
		{"tasks/get", `{"taskId":"1"}`, true},
	} {
		line := fmt.Sprintf(`{"jsonrpc":"2.0","id":"%s","method":"%s","params":%s}`, tt.method, tt.method, tt.params)
		heard := th.say(line)
		if sent := th.sent(); (len(sent) == 1) != tt.passes || (len(heard) == 1) == tt.passes {
			t.Errorf("%s: sent %v, heard %v", line, sent, heard)
		}
		th.gate.Emit(fmt.Appendf(nil, `{"jsonrpc":"2.0","id":"%s","result":{}}`, tt.method))
	}
}

func TestListsAreFiltered(t *testing.T) {
	t.Parallel()
	const policy = "read_only: true\nprompts: {deny: [b]}\nresources: {allow: ['x:*']}"
	for name, tt := range map[string]struct{ method, result, want string }{
		"tools":             {"tools/list", `{"tools": [ {"name":"a"} , {"name":"b","annotations":{"readOnlyHint":true}}, {"name":"c"} ],"nextCursor":"n"}`, `{"tools": [ {"name":"b","annotations":{"readOnlyHint":true}} ],"nextCursor":"n"}`},
		"nothing left":      {"tools/list", `{"tools":[{"name":"a"}]}`, `{"tools":[]}`},
		"nothing to hide":   {"tools/list", `{"tools":[ ]}`, `{"tools":[ ]}`},
		"twins":             {"tools/list", `{"tools":[{"name":"a","annotations":{"readOnlyHint":true}},{"name":"a"}]}`, `{"tools":[]}`},
		"two names":         {"tools/list", `{"tools":[{"name":"a","annotations":{"readOnlyHint":true},"name":"b"}]}`, `{"tools":[]}`},
		"two spellings":     {"tools/list", `{"tools":[{"name":"a","annotations":{"readOnlyHint":true},"Annotations":{}}]}`, `{"tools":[]}`},
		"hint in two forms": {"tools/list", `{"tools":[{"name":"a","annotations":{"readOnlyHint":true,"readonlyhint":false}}]}`, `{"tools":[]}`},
		"two lists":         {"tools/list", `{"tools":[],"tools":[{"name":"a"}]}`, ""},
		"a list aside":      {"tools/list", `{"tools":[],"Tools":[{"name":"a"}]}`, ""},
		"no list":           {"tools/list", `{"tool":[]}`, ""},
		"not a list":        {"tools/list", `{"tools":{"name":"a"}}`, ""},
		"prompts":           {"prompts/list", `{"prompts":[{"name":"a"},{"name":"b"},{"name":"B\u200b"}]}`, `{"prompts":[{"name":"a"}]}`},
		"resources":         {"resources/list", `{"resources":[{"uri":"x:1"},{"uri":"y:1"}]}`, `{"resources":[{"uri":"x:1"}]}`},
		"templates":         {"resources/templates/list", `{"resourceTemplates":[{"uriTemplate":"x:{a}"},{"uriTemplate":"y:{a}"},{"uriTemplate":"{+all}"}]}`, `{"resourceTemplates":[{"uriTemplate":"x:{a}"},{"uriTemplate":"{+all}"}]}`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			th := open(t, policy)
			for _, id := range []string{`0`, `""`, `1`, `9007199254740993`} {
				th.answer = func(m jsonrpc.Message) string {
					return fmt.Sprintf(`{"jsonrpc":"2.0","id":%s,"result":%s}`, m.ID, tt.result)
				}
				heard := th.say(fmt.Sprintf(`{"jsonrpc":"2.0","id":%s,"method":"%s"}`, id, tt.method))
				if len(heard) != 1 {
					t.Fatalf("heard %v", heard)
				}
				want := fmt.Sprintf(`{"jsonrpc":"2.0","id":%s,"result":%s}`, id, tt.want)
				if tt.want == "" {
					if !strings.Contains(heard[0], "policy_unreadable_list") || strings.Contains(heard[0], `"name"`) {
						t.Errorf("heard %s", heard[0])
					}
				} else if diff := cmp.Diff(want, heard[0]); diff != "" {
					t.Errorf("(-want +heard):\n%s", diff)
				}
			}
		})
	}
}

// TestCancelBeforeTheRuling: a call that is not decided yet is taken back in silence.
func TestCancelBeforeTheRuling(t *testing.T) {
	t.Parallel()
	th := open(t, "tools: {confirm: [read_*]}")
	th.say(`{"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"2025-06-18","capabilities":{"elicitation":{}}}}`)
	th.sent()
	m, _ := jsonrpc.Parse([]byte(call(1, "read_file")))
	th.gate.Handle(m)
	<-th.spoken // the user is asked
	heard := th.say(`{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":1}}`)
	if sent := th.sent(); sent != nil || len(heard) != 1 || !strings.Contains(heard[0], "notifications/cancelled") {
		t.Errorf("sent %v, heard %v", sent, heard)
	}
	// A request that bears that name is none, and is answered.
	m, _ = jsonrpc.Parse([]byte(call(2, "read_file")))
	th.gate.Handle(m)
	<-th.spoken
	m, _ = jsonrpc.Parse([]byte(`{"jsonrpc":"2.0","id":3,"method":"notifications/cancelled","params":{"requestId":2}}`))
	th.gate.Handle(m)
	if sent := th.sent(); len(sent) != 1 {
		t.Errorf("sent %v", sent)
	}
	th.gate.Close()
	th.work.Wait()
}

// TestTheServersToolOfTheSameName: where the bridge does not answer for its own tool,
// one of that name is ruled on as any other.
func TestTheServersToolOfTheSameName(t *testing.T) {
	t.Parallel()
	th := open(t, "read_only: true")
	th.pages = []string{`{"tools":[{"name":"ucbridge_status"}]}`}
	if th.say(call(1, "ucbridge_status")); len(th.sent()) != 1 {
		t.Error("the bridge's own tool is denied")
	}
	for _, line := range []string{"[" + call(2, "ucbridge_status") + "]", modern(3, "ucbridge_status", `{}`, "")} {
		if heard := th.say(line); th.sent() != nil || len(heard) != 1 {
			t.Errorf("%s: heard %v", line, heard)
		}
	}
}

func TestOnlyAuditedNothingIsTouched(t *testing.T) {
	t.Parallel()
	th := open(t, "audit: {file: "+t.TempDir()+"/audit.jsonl}")
	th.gate.filter.g.rules().policy.Files = nil
	lines := []string{
		`{"jsonrpc":"2.0","id":1,"method":"vendor/x","Method":"y"}`,
		`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"a","Name":"b"}}`,
		`{"jsonrpc":"2.0","method":"whatever"}`,
	}
	if heard := th.say(lines...); heard != nil {
		t.Errorf("heard %v", heard)
	}
	if diff := cmp.Diff(lines, th.sent()); diff != "" {
		t.Errorf("(-want +sent):\n%s", diff)
	}
	for range 2 {
		th.gate.Emit([]byte(`{"jsonrpc":"2.0","id":1,"result":{"tools":[],"tools":1}}`))
	}
	if len(th.heard) != 2 {
		t.Errorf("heard %v", th.heard)
	}
}

// TestFilesByOtherNames holds that a file that is denied is so by every name that a
// server may know it by.
func TestFilesByOtherNames(t *testing.T) {
	t.Parallel()
	th := open(t, "resources: {deny: ['file:///etc/*', 'file:///home/key']}")
	for _, uri := range []string{
		"file:///etc/passwd", "FILE:///etc/passwd", "file:/etc/passwd", "file:////etc/passwd", "file://localhost/etc/passwd", "file://LOCALHOST/etc//passwd",
		"file:///home/../etc/passwd", "file:///etc%2fpasswd", "file:///home/key?", "file:///home/key#a", "file:///home/key/", "file:/home/./key?x=%",
	} {
		heard := th.say(fmt.Sprintf(`{"jsonrpc":"2.0","id":1,"method":"resources/read","params":{"uri":"%s"}}`, uri))
		if sent := th.sent(); sent != nil || len(heard) != 1 {
			t.Errorf("sent %v", sent)
		}
	}
	if th.say(`{"jsonrpc":"2.0","id":1,"method":"resources/read","params":{"uri":"file:///home/keys?etc"}}`); len(th.sent()) != 1 {
		t.Error("another file is denied")
	}
}
