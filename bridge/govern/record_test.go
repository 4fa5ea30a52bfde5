package govern

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"ucbridge/bridge/audit"
	"ucbridge/bridge/jsonrpc"
	"ucbridge/bridge/refusal"
	"ucbridge/bridge/sharedfile/sharedfiletest"
)

func rowsOf(t *testing.T, name string) []audit.Row {
	t.Helper()
	var all []audit.Row
	if err := audit.ReadRows(name, func(r audit.Row) { all = append(all, r) }); err != nil {
		t.Fatal(err)
	}
	return all
}

func TestRows(t *testing.T) {
	t.Parallel()
	name := filepath.Join(t.TempDir(), "sub", "audit.jsonl")
	th := open(t, "audit: {file: "+name+", values: true}\nread_only: true\nresources: {deny: ['x:*']}\nsecrets: {arguments: block}")
	th.answer = func(m jsonrpc.Message) string {
		switch {
		case m.Method == "initialize":
			return `{"jsonrpc":"2.0","id":"hello","result":{}}`
		case m.Method == "ping":
			th.gate.Ended(m) // no answer
			return ""
		case strings.Contains(string(m.Params), "fails"):
			return `{"jsonrpc":"2.0","id":` + string(m.ID) + `,"result":{"content":[],"isError":true}}`
		case strings.Contains(string(m.Params), "refused"):
			return string(refusal.New("connection_forbidden", "No.").Response(m.ID))
		}
		th.gate.Traced(m, Trace{RequestID: "req-1", ID: "trace-1"})
		return `{"jsonrpc":"2.0","id":` + string(m.ID) + `,"result":{"content":[]}}`
	}
	th.say(`{"jsonrpc":"2.0","id":"hello","method":"initialize","params":{"clientInfo":{"name":"test\u200b","version":"1"}}}`,
		call(1, "read_file"), strings.Replace(call(2, "read_file"), `"x"`, `"fails"`, 1), strings.Replace(call(3, "read_file"), `"x"`, `"refused"`, 1),
		call(4, "write_file"), `{"jsonrpc":"2.0","id":5,"method":"ping"}`, `{"jsonrpc":"2.0","id":6,"method":"resources/read","params":{"uri":"x:1"}}`,
		`{"jsonrpc":"2.0","method":"vendor/x"}`, strings.Replace(call(7, "read_file"), `"x"`, `"`+secretOf["JWT"]+`"`, 1))
	th.gate.filter.g.Close()
	path := func(value string) map[string]int { return map[string]int{"path": len(value) + 2} }
	values := func(value string) []byte { return []byte(`{"path":"` + value + `"}`) }
	base := audit.Row{Connection: "github", Client: "test 1", Verdict: "allow", Status: "ok", Route: "proxy", Method: "tools/call", Tool: "read_file", Arguments: path("x"), Values: values("x")}
	vary := func(change func(*audit.Row)) audit.Row { r := base; change(&r); return r }
	bare := func(r *audit.Row) { r.Tool, r.Arguments, r.Values = "", nil, nil }
	want := []audit.Row{
		vary(func(r *audit.Row) { bare(r); r.Method = "initialize" }),
		vary(func(r *audit.Row) { bare(r); r.Client, r.Method = "ucbridge", "tools/list" }),
		vary(func(r *audit.Row) { bare(r); r.Client, r.Method = "ucbridge", "tools/list" }), // its second page
		vary(func(r *audit.Row) { r.RequestID, r.TraceID = "req-1", "trace-1" }),
		vary(func(r *audit.Row) { r.Status, r.Arguments, r.Values = "tool_error", path("fails"), values("fails") }),
		vary(func(r *audit.Row) {
			r.Status, r.Code, r.Reason, r.Arguments, r.Values = "error", -32603, "connection_forbidden", path("refused"), values("refused")
		}),
		vary(func(r *audit.Row) {
			r.Tool, r.Verdict, r.Status, r.Route = "write_file", "deny", "tool_error", ""
			r.Rule = "read_only (p.yaml:2): the server does not declare the tool to be read-only"
		}),
		vary(func(r *audit.Row) { bare(r); r.Method, r.Status = "ping", "none" }),
		vary(func(r *audit.Row) {
			bare(r)
			r.Method, r.URI, r.Verdict, r.Status, r.Route, r.Code, r.Reason = "resources/read", "x:1", "deny", "error", "", -32603, "policy_denied"
			r.Rule = `deny "x:*" (p.yaml:3)`
		}),
		vary(func(r *audit.Row) {
			bare(r)
			r.Method, r.Verdict, r.Status, r.Route = "vendor/x", "deny", "none", ""
			r.Rule = "it is not one of MCP's, and methods in p.yaml does not name it"
		}),
		vary(func(r *audit.Row) {
			r.Verdict, r.Status, r.Route, r.Secrets = "deny", "tool_error", "", []string{"JWT"}
			r.Rule = "secrets.arguments (p.yaml:4): the arguments contain a JWT"
			r.Arguments, r.Values = path(secretOf["JWT"]), values("[JWT masked by ucbridge]")
		}),
	}
	got := rowsOf(t, name)
	for i := range got {
		if got[i].Time.IsZero() || got[i].RequestBytes == 0 && got[i].Client != "ucbridge" {
			t.Errorf("row %d tells no time or size: %+v", i, got[i])
		}
		got[i].Time, got[i].Duration, got[i].RequestBytes, got[i].ResponseBytes = time.Time{}, 0, 0, 0
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	sharedfiletest.OnlyOwner(t, name)
}

// TestNoSecretInTheLog, wherever a model may have put it.
func TestNoSecretInTheLog(t *testing.T) {
	t.Parallel()
	name := filepath.Join(t.TempDir(), "audit.jsonl")
	th := open(t, "audit: {file: "+name+", values: true}\nread_only: true")
	for kind, secret := range secretOf {
		if kind == "private key" {
			continue // no name has lines
		}
		th.say(call(1, secret), strings.Replace(call(2, "read_file"), `"path"`, `"`+secret+`"`, 1),
			`{"jsonrpc":"2.0","id":3,"method":"`+secret+`"}`, `{"jsonrpc":"2.0","id":4,"method":"prompts/get","params":{"name":"`+secret+`"}}`,
			`{"jsonrpc":"2.0","id":5,"method":"resources/read","params":{"uri":"x:`+secret+`"}}`)
		for id := range 6 {
			th.gate.Emit(fmt.Appendf(nil, `{"jsonrpc":"2.0","id":%d,"result":{}}`, id))
		}
	}
	th.gate.filter.g.Close()
	raw, err := os.ReadFile(name)
	if err != nil || len(raw) == 0 {
		t.Fatalf("%d bytes, %v", len(raw), err)
	}
	for _, secret := range secretOf {
		if bytes.Contains(raw, []byte(secret)) {
			t.Errorf("%s is in the log", secret)
		}
	}
}

// TestAmbiguousRows: where nothing is denied, the log still tells of each call, and says
// where another reader may see another one.
func TestAmbiguousRows(t *testing.T) {
	t.Parallel()
	name := filepath.Join(t.TempDir(), "audit.jsonl")
	th := open(t, "audit: {file: "+name+"}")
	lines := []string{
		`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"read_thing","Name":"delete_thing"}}`,
		`{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":["a"]}}`,
		`{"jsonrpc":"2.0","id":3,"method":"tools/call","params":{"name":"twin"}}`,
		`{"jsonrpc":"2.0","id":3,"method":"tools/call","params":{"name":"other"}}`,
		`{"jsonrpc":"2.0","method":"tools/call","params":{"name":"quiet"}}`,
		`{"jsonrpc":"2.0","id":4,"method":"tools/call","Method":"x","params":{"name":"enveloped"}}`,
		`{"jsonrpc":"2.0","id":5,"method":"resources/read","params":{"uri":"a:1","URI":"b:1"}}`,
	}
	th.say(lines...)
	if diff := cmp.Diff(lines, th.sent()); diff != "" {
		t.Errorf("(-want +sent):\n%s", diff)
	}
	for _, id := range []int{1, 2, 3, 3, 4, 5} {
		th.gate.Emit(fmt.Appendf(nil, `{"jsonrpc":"2.0","id":%d,"result":{}}`, id))
	}
	th.gate.filter.g.Close()
	type told struct{ Name, Status, Ambiguous string }
	var got []told
	for _, r := range rowsOf(t, name) {
		got = append(got, told{r.Tool + r.URI, r.Status, r.Ambiguous})
	}
	want := []told{
		{"quiet", "none", "it has no id, and some servers run it all the same"},
		{"read_thing", "ok", `params: member "Name" can be taken for "name"`},
		{`["a"]`, "ok", "params.name is not a text"},
		{"twin", "ok", ""},
		{"other", "ok", "another request with its id was open"},
		{"enveloped", "ok", `member "Method" can be taken for "method"`},
		{"a:1", "ok", `params: member "URI" can be taken for "uri"`},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestRowBeforeTheCall: where the log is required, what the server is sent stands in it
// already. A call without an id is not sent, as nobody could be told how it ends.
func TestRowBeforeTheCall(t *testing.T) {
	t.Parallel()
	name := filepath.Join(t.TempDir(), "audit.jsonl")
	th := open(t, "audit: {file: "+name+", required: true}\ntools: {confirm: [write_file]}")
	rows := make(map[string]string) // what is in the log when the server gets a call
	th.answer = func(m jsonrpc.Message) string {
		raw, _ := os.ReadFile(name)
		rows[jsonrpc.Text(m.Params, "name")] = string(raw)
		return ""
	}
	th.say(call(1, "read_file"), `{"jsonrpc":"2.0","method":"tools/call","params":{"name":"delete_repo"}}`)
	if row, sent := rows["delete_repo"]; sent {
		t.Errorf("a call without an id was sent with this in the log:\n%s", row)
	}
	if row := rows["read_file"]; !strings.Contains(row, `"tool":"read_file"`) || !strings.Contains(row, `"status":"begun"`) {
		t.Errorf("a call was sent with this in the log:\n%s", row)
	}
	th.gate.Emit([]byte(`{"jsonrpc":"2.0","id":1,"result":{}}`))
	th.gate.filter.g.Close()
	calls := make(map[string][]string)
	denied := 0
	for _, r := range rowsOf(t, name) {
		if r.Tool == "delete_repo" && r.Verdict == "deny" && strings.Contains(r.Rule, "it has no id") {
			denied++
		}
		if r.Tool == "read_file" {
			calls[r.Call] = append(calls[r.Call], r.Status)
		}
	}
	if denied != 1 {
		t.Errorf("%d rows of the call without an id", denied)
	}
	for id, statuses := range calls {
		if diff := cmp.Diff([]string{"begun", "ok"}, statuses); diff != "" || id == "" {
			t.Errorf("call %q (-want +got):\n%s", id, diff)
		}
	}
}

// TestFullDisk: the first call is refused, and not the first after one was lost.
func TestFullDisk(t *testing.T) {
	t.Parallel()
	if _, err := os.Stat("/dev/full"); err != nil || runtime.GOOS == "windows" { // Wine shows the device, but no policy can name it
		t.Skip("no /dev/full here:", err)
	}
	th := open(t, "audit: {file: /dev/full, required: true}")
	if heard := th.say(call(1, "read_file")); th.sent() != nil || !strings.Contains(heard[0], "audit.required") {
		t.Errorf("heard %v", heard)
	}
}

// TestRowsOfWhatWasHeldBack: what was not sent is not said to be allowed, and all
// resources are named; a reason of the server's holds no secret.
func TestRowsOfWhatWasHeldBack(t *testing.T) {
	t.Parallel()
	name := filepath.Join(t.TempDir(), "audit.jsonl")
	th := open(t, "audit: {file: "+name+"}\ntools: {deny: [delete_*]}\nresources: {deny: ['b:*']}")
	th.say("["+call(1, "read_file")+","+call(2, "delete_repo")+"]",
		`{"jsonrpc":"2.0","id":3,"method":"subscriptions/listen","params":{"notifications":{"resourceSubscriptions":["a:1","b:1"]}}}`, call(4, "read_file"))
	th.gate.Emit([]byte(`{"jsonrpc":"2.0","id":4,"error":{"code":-1,"message":"no","data":{"reason":"` + secretOf["npm token"] + `"}}}`))
	th.gate.filter.g.Close()
	var got []string
	for _, r := range rowsOf(t, name) {
		if r.Client != "ucbridge" {
			got = append(got, r.Verdict+" "+r.Tool+r.URI+" "+r.Reason)
		}
	}
	want := []string{"deny read_file batch_denied", "deny delete_repo ", "deny a:1 b:1 policy_denied", "allow read_file [npm token masked by ucbridge]"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
