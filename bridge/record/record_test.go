package record

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ucbridge/bridge/jsonrpc"
)

func parse(t *testing.T, raw string) jsonrpc.Message {
	t.Helper()
	m, err := jsonrpc.Parse([]byte(raw))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// said is what a player says to a message.
func said(t *testing.T, p *Player, raw string) []string {
	t.Helper()
	var all []string
	for _, answer := range p.Handle(parse(t, raw)) {
		all = append(all, string(answer))
	}
	return all
}

// TestRecord writes two sessions into one file, and plays the last of them.
func TestRecord(t *testing.T) {
	t.Parallel()
	name := filepath.Join(t.TempDir(), "session.jsonl")
	if err := os.WriteFile(name, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	for _, answer := range []string{"old", "new"} {
		r, err := Open(name, "1.2.3", "github")
		if err != nil {
			t.Fatal(err)
		}
		r.Note(Client, []byte(`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"a","arguments":{"t":"ghp_0123456789abcdefghijABCDEFGHIJ012345"},"_meta":{"progressToken":"p"}}}`))
		r.Note(Server, []byte(`{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":"p","progress":1}}`))
		r.Note(Server, []byte(`{"jsonrpc":"2.0","method":"notifications/message","params":{"level":"info"}}`))
		r.Note(Server, []byte(`{"jsonrpc":"2.0","id":1,"result":{"content":"`+answer+`", "n":12345678901234567890}}`))
		r.Note(Client, []byte(`{"jsonrpc":"2.0","id":2,"method":"ping"}`))
		r.Note(Server, []byte(`{"jsonrpc":"2.0","id":2,"result":{"first":true}}`))
		r.Note(Client, []byte(`{"jsonrpc":"2.0","id":2,"method":"ping","params":{}}`))
		r.Note(Server, []byte(`{"jsonrpc":"2.0","id":2,"result":{}}`))
		r.Note(Client, []byte(`{"jsonrpc":"2.0","id":3,"method":"never/answered"}`))
		if masked, err := r.Close(); masked != "GitHub token (1)" || err != nil {
			t.Errorf("masked %q, %v", masked, err)
		}
	}
	raw, err := os.ReadFile(name)
	if info, statErr := os.Stat(name); err != nil || statErr != nil || runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 || strings.Contains(string(raw), "ghp_") {
		t.Errorf("%v, %v, %s", err, info.Mode(), raw)
	}
	s, err := Read(name)
	if err != nil || s.Target != "github" || len(s.Lines) != 9 || s.Lines[0].Number != 13 {
		t.Fatalf("%+v, %v", s, err)
	}
	p := NewPlayer(s)
	masked := string(jsonrpc.Value(s.Lines[0].Message.Params, "arguments"))
	call := func(id, meta string) string {
		return `{"jsonrpc":"2.0","id":` + id + `,"method":"tools/call","params":{"arguments":` + masked + `,"name":"a"` + meta + `}}`
	}
	note := `{"jsonrpc":"2.0","method":"notifications/message","params":{"level":"info"}}`
	for _, c := range []struct {
		request string
		want    []string
	}{
		{call(`"x"`, `,"_meta":{"progressToken":7}`), []string{
			`{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":7,"progress":1}}`, note,
			`{"jsonrpc":"2.0","id":"x","result":{"content":"new","n":12345678901234567890}}`,
		}},
		{call("2", ""), []string{note, `{"jsonrpc":"2.0","id":2,"result":{"content":"new","n":12345678901234567890}}`}},
		// The client itself says what was masked.
		{strings.Replace(call("8", ""), masked, `{"t":"ghp_0123456789abcdefghijABCDEFGHIJ012345"}`, 1), []string{note, `{"jsonrpc":"2.0","id":8,"result":{"content":"new","n":12345678901234567890}}`}},
		{`{"jsonrpc":"2.0","id":3,"method":"ping"}`, []string{`{"jsonrpc":"2.0","id":3,"result":{"first":true}}`}},
		{`{"jsonrpc":"2.0","id":4,"method":"ping"}`, []string{`{"jsonrpc":"2.0","id":4,"result":{}}`}},
		{`{"jsonrpc":"2.0","id":5,"method":"ping"}`, []string{`{"jsonrpc":"2.0","id":5,"result":{}}`}},
		{`{"jsonrpc":"2.0","method":"notifications/initialized"}`, nil},
	} {
		if diff := cmp.Diff(c.want, said(t, p, c.request)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.request, diff)
		}
	}
	for _, unknown := range []string{`{"jsonrpc":"2.0","id":6,"method":"never/answered"}`, `{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"a"}}`} {
		if got := said(t, p, unknown); len(got) != 1 || !strings.Contains(got[0], "The record has no answer") {
			t.Errorf("%s: %s", unknown, got)
		}
	}
}

// TestRecordBehindHalfALine: a session is read that begins where a process has left half a
// line.
func TestRecordBehindHalfALine(t *testing.T) {
	t.Parallel()
	name := filepath.Join(t.TempDir(), "session.jsonl")
	if err := os.WriteFile(name, []byte(`{"session":"S","from":"client","message":{"json`), 0o600); err != nil {
		t.Fatal(err)
	}
	r, err := Open(name, "1.2.3", "github")
	if err != nil {
		t.Fatal(err)
	}
	r.Note(Client, []byte(`{"jsonrpc":"2.0","id":1,"method":"ping"}`))
	if _, err := r.Close(); err != nil {
		t.Fatal(err)
	}
	s, err := Read(name)
	if err != nil || s.Target != "github" || len(s.Lines) != 1 || s.Lines[0].Number != 3 {
		t.Errorf("%+v, %v", s, err)
	}
}

func TestReadFaults(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"": "holds no message",
		`{"at":"2026-01-01T00:00:00Z","session":"S","ucbridge":"1"}`:                                 "holds no message",
		`{"session":"S","from":"client","message":{"jsonrpc":"2.0","id":1,"method":"ping"}}` + "\n{": "line 2",
		`{"session":"S","from":"somebody","message":{"jsonrpc":"2.0","id":1,"method":"ping"}}`:       "line 1 is no message of client or server",
		`{"session":"S","from":"client","message":{"jsonrpc":"1.0"}}`:                                "line 1 is no message of client or server",
	} {
		name := filepath.Join(t.TempDir(), "x")
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := Read(name); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v", text, err)
		}
	}
}
