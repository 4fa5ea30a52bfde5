package govern

import (
	"bytes"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"ucbridge/bridge/jsonrpc"
	"ucbridge/bridge/refusal"
)

func rowsOf(t *testing.T, name string) []Row {
	t.Helper()
	var all []Row
	if err := ReadRows(name, func(r Row) { all = append(all, r) }); err != nil {
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
		`{"jsonrpc":"2.0","method":"vendor/x"}`, strings.Replace(call(7, "read_file"), `"x"`, `"`+secretOf["jwt"]+`"`, 1))
	th.gate.Governor.Close()
	path := func(value string) map[string]int { return map[string]int{"path": len(value) + 2} }
	values := func(value string) []byte { return []byte(`{"path":"` + value + `"}`) }
	base := Row{Connection: "github", Client: "test 1", Verdict: "allow", Status: "ok", Route: "proxy", Method: "tools/call", Tool: "read_file", Arguments: path("x"), Values: values("x")}
	vary := func(change func(*Row)) Row { r := base; change(&r); return r }
	bare := func(r *Row) { r.Tool, r.Arguments, r.Values = "", nil, nil }
	want := []Row{
		vary(func(r *Row) { bare(r); r.Method = "initialize" }),
		vary(func(r *Row) { bare(r); r.Client, r.Method = "ucbridge", "tools/list" }),
		vary(func(r *Row) { bare(r); r.Client, r.Method = "ucbridge", "tools/list" }), // its second page
		vary(func(r *Row) { r.RequestID, r.TraceID = "req-1", "trace-1" }),
		vary(func(r *Row) { r.Status, r.Arguments, r.Values = "tool_error", path("fails"), values("fails") }),
		vary(func(r *Row) {
			r.Status, r.Code, r.Reason, r.Arguments, r.Values = "error", -32603, "connection_forbidden", path("refused"), values("refused")
		}),
		vary(func(r *Row) {
			r.Tool, r.Verdict, r.Status, r.Route = "write_file", "deny", "tool_error", ""
			r.Rule = "read_only (p.yaml:2): the server does not declare the tool to be read-only"
		}),
		vary(func(r *Row) { bare(r); r.Method, r.Status = "ping", "none" }),
		vary(func(r *Row) {
			bare(r)
			r.Method, r.URI, r.Verdict, r.Status, r.Route, r.Code, r.Reason = "resources/read", "x:1", "deny", "error", "", -32603, "policy_denied"
			r.Rule = `deny "x:*" (p.yaml:3)`
		}),
		vary(func(r *Row) {
			bare(r)
			r.Method, r.Verdict, r.Status, r.Route = "vendor/x", "deny", "none", ""
			r.Rule = "it is not one of MCP's, and methods in p.yaml does not name it"
		}),
		vary(func(r *Row) {
			r.Verdict, r.Status, r.Route, r.Secrets = "deny", "tool_error", "", []string{"jwt"}
			r.Rule = "secrets.arguments (p.yaml:4): the arguments hold a jwt"
			r.Arguments, r.Values = path(secretOf["jwt"]), values("[jwt masked by ucbridge]")
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
	if info, err := os.Stat(name); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v, want 0600", info.Mode(), err)
	}
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
	th.gate.Governor.Close()
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

// TestLogTurns holds that nothing is lost where several write to one log and put
// full files aside under each other's hands, and that old files go.
func TestLogTurns(t *testing.T) {
	t.Parallel()
	name := filepath.Join(t.TempDir(), "audit.jsonl")
	rules := AuditRules{File: name, MaxSize: &Size{Bytes: 4000}, Keep: 1000}
	const writers, rows = 4, 300
	var wait sync.WaitGroup
	for range writers {
		wait.Go(func() {
			l := OpenLog(rules, slog.New(slog.DiscardHandler))
			for range rows {
				l.write(entry{Row: Row{Time: time.Unix(1, 0), Method: "tools/call"}})
				if l.flush() != nil { // row by row, so that files fill between them
					t.Error("not written")
				}
			}
			l.Close()
		})
	}
	wait.Wait()
	if got := len(rowsOf(t, name)); got != writers*rows {
		t.Errorf("%d rows, want %d", got, writers*rows)
	}
	rules.Keep = 2
	l := OpenLog(rules, slog.New(slog.DiscardHandler))
	for range 100 {
		l.write(entry{Row: Row{Time: time.Unix(1, 0), Method: "tools/call"}})
		_ = l.flush() // a failure shows below
	}
	l.Close()
	if old, err := (&rotating{name: name}).older(); err != nil || len(old) != 2 {
		t.Errorf("old files %v, %v, want 2", old, err)
	}
}

// TestLogThatCannotBeWritten says so once, loses no call, and refuses them only
// where a policy wants that; what waited is written when it can be.
func TestLogThatCannotBeWritten(t *testing.T) {
	t.Parallel()
	for _, required := range []bool{false, true} {
		dir := t.TempDir()
		blocked := filepath.Join(dir, "sub")
		if err := os.WriteFile(blocked, nil, 0o600); err != nil { // a file where a directory is needed
			t.Fatal(err)
		}
		var said bytes.Buffer
		rules := AuditRules{File: filepath.Join(blocked, "audit.jsonl")}
		if required {
			rules.Required = &Place{File: "p.yaml", Line: 3}
		}
		l := OpenLog(rules, slog.New(slog.NewTextHandler(&said, nil)))
		l.writing.Lock() // so that all of them wait
		for range mostWaiting + 5 {
			l.write(entry{Row: Row{Time: time.Unix(1, 0)}})
		}
		l.writing.Unlock()
		if by := l.refuses(); by.Denied != required {
			t.Errorf("required %v: %+v", required, by)
		}
		if err := os.Remove(blocked); err != nil {
			t.Fatal(err)
		}
		l.note(l.flush())
		l.write(entry{Row: Row{Time: time.Unix(2, 0)}})
		l.Close()
		if by := l.refuses(); by.Denied {
			t.Errorf("refuses still: %+v", by)
		}
		rows := rowsOf(t, rules.File)
		if len(rows) != mostWaiting+1 || rows[len(rows)-1].Lost != 5 {
			t.Errorf("%d rows, the last says that %d were lost", len(rows), rows[len(rows)-1].Lost)
		}
		if n := strings.Count(said.String(), "cannot be written"); n != 1 {
			t.Errorf("said %d times:\n%s", n, &said)
		}
	}
}

// TestLogOnADiskThatHangs: what waits has its bounds in rows and in bytes, the loss is
// said once, and where the log is required calls are refused before.
func TestLogOnADiskThatHangs(t *testing.T) {
	t.Parallel()
	for name, waiting := range map[string]entry{
		"rows":  {Row: Row{Time: time.Unix(1, 0)}},
		"bytes": {Row: Row{Time: time.Unix(1, 0), RequestBytes: mostHeld / 10}, arguments: []byte(`{"a":1}`)},
	} {
		var said bytes.Buffer
		rules := AuditRules{File: filepath.Join(t.TempDir(), "audit.jsonl"), Required: &Place{File: "p.yaml", Line: 3}}
		l := OpenLog(rules, slog.New(slog.NewTextHandler(&said, nil)))
		l.writing.Lock() // the disk hangs
		room := 0
		for ; !l.refuses().Denied && room < 2*mostWaiting; room++ {
			l.write(waiting)
		}
		if l.lost > 0 || room > mostWaiting {
			t.Errorf("%s: no refusal before %d are lost", name, l.lost)
		}
		for range 2 * mostWaiting {
			l.write(waiting)
		}
		if len(l.waiting) > mostWaiting || l.held > mostHeld || strings.Count(said.String(), "rows are lost") != 1 {
			t.Errorf("%s: %d rows wait with %d bytes, and said was:\n%s", name, len(l.waiting), l.held, &said)
		}
		l.writing.Unlock()
		l.Close()
		<-l.stopped
		if by := l.refuses(); by.Denied || l.held != 0 {
			t.Errorf("%s: refuses still: %+v, %d bytes", name, by, l.held)
		}
	}
}

func TestTail(t *testing.T) {
	t.Parallel()
	name := filepath.Join(t.TempDir(), "audit.jsonl")
	l := rotating{name: name, maxSize: 100, keep: 5}
	write := func(method string) {
		raw, _ := encode(Row{Time: time.Unix(1, 0), Method: method})
		if err := l.append(raw); err != nil {
			t.Fatal(err)
		}
	}
	write("before")
	tail := NewTail(name)
	var seen []string
	look := func() {
		if err := tail.Read(func(r Row) { seen = append(seen, r.Method) }); err != nil {
			t.Fatal(err)
		}
	}
	look()
	for _, method := range []string{"a", "b", "c"} { // each fills a file
		write(method)
		look()
		look()
		look()
	}
	if diff := cmp.Diff([]string{"a", "b", "c"}, seen); diff != "" {
		t.Errorf("(-want +seen):\n%s", diff)
	}
}
