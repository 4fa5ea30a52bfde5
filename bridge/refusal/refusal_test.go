package refusal

import (
	"strings"
	"testing"

	"ucbridge/bridge/jsonrpc"
)

func TestResponse(t *testing.T) {
	t.Parallel()
	raw := New("connection_forbidden", "You may not use %q.", "github").WithHint("GRANT").Response(jsonrpc.ID("9007199254740993"))
	m, err := jsonrpc.Parse(raw)
	if err != nil {
		t.Fatal(err)
	}
	if string(m.ID) != "9007199254740993" || jsonrpc.Text(m.Error, "data", "reason") != "connection_forbidden" || jsonrpc.Text(m.Error, "message") != `You may not use "github".` {
		t.Errorf("got %s", raw)
	}
	if m, err = jsonrpc.Parse(New("x", "y").Response(nil)); err != nil || m.ID != nil {
		t.Errorf("without id: %s, %v", m.Raw, err)
	}
}

func TestQuote(t *testing.T) {
	t.Parallel()
	got := Quote("a\x1b[31m\u202e b\r\n\u200bc " + strings.Repeat("x", 400))
	if want := "a[31m b c " + strings.Repeat("x", 290) + "..."; got != want {
		t.Errorf("got %q", got)
	}
	if got := Quote("x" + strings.Repeat(" ", quotable) + "y"); got != "x" {
		t.Errorf("far into a long text: %q", got)
	}
	token := "dapi" + strings.Repeat("0123456789abcdef", 2)
	for _, words := range []string{"no: Bearer " + token, strings.Repeat("x", 280) + " " + token} { // the cut would leave half a token
		if got := Quote(words); strings.Contains(got, token[:8]) {
			t.Errorf("got %q", got)
		}
	}
}

// What to do stands where a person reads it, and what the error is where a program does.
func TestAnswer(t *testing.T) {
	t.Parallel()
	e := New(ConnectionForbidden, "You may not use %q.", "github").WithHint("GRANT USE CONNECTION")
	e.Data.RequestID = "r-1"
	for method, want := range map[string]string{
		"tools/list": `{"jsonrpc":"2.0","id":1,"error":{"code":-32603,"message":"You may not use \"github\". What to do: GRANT USE CONNECTION",` +
			`"data":{"source":"ucbridge","reason":"connection_forbidden","hint":"GRANT USE CONNECTION","retryable":false,"requestId":"r-1"}}}`,
		"tools/call": `{"jsonrpc":"2.0","id":1,"result":{"content":[{"type":"text","text":"You may not use \"github\". (connection_forbidden)\nWhat to do: GRANT USE CONNECTION\nDatabricks request id: r-1"}],"isError":true,` +
			`"_meta":{"ucbridge/error":{"code":-32603,"message":"You may not use \"github\".","data":{"source":"ucbridge","reason":"connection_forbidden","hint":"GRANT USE CONNECTION","retryable":false,"requestId":"r-1"}}}}}`,
	} {
		if got := string(e.Answer(jsonrpc.Message{ID: jsonrpc.ID("1"), Method: method})); got != want {
			t.Errorf("%s:\n%s\nwant\n%s", method, got, want)
		}
	}
	modern, err := jsonrpc.Parse(e.Answer(jsonrpc.Message{ID: jsonrpc.ID("1"), Method: "tools/call", Revision: "2026-07-28"}))
	if err != nil || jsonrpc.Text(modern.Result, "resultType") != "complete" {
		t.Errorf("got %s, %v", modern.Raw, err)
	}
	for _, raw := range [][]byte{jsonrpc.Value(modern.Result, "_meta", MetaError), jsonrpc.Value(e.Answer(jsonrpc.Message{ID: jsonrpc.ID("1")}), "error")} {
		if read := Read(raw); read == nil || read.Message != e.Message || read.Data.Hint != e.Data.Hint {
			t.Errorf("read %+v from %s", read, raw)
		}
	}
}

// TestHintAfterAName: the hint is a sentence of its own after a message that ends with a name.
func TestHintAfterAName(t *testing.T) {
	t.Parallel()
	for message, want := range map[string]string{
		"Method not found: x": "Method not found: x. What to do: ask",
		"It is gone.":         "It is gone. What to do: ask",
	} {
		raw := New(NotCarried, "%s", message).WithHint("ask").Answer(jsonrpc.Message{ID: jsonrpc.ID("1"), Method: "tools/list"})
		if got := jsonrpc.Text(raw, "error", "message"); got != want {
			t.Errorf("%q", got)
		}
	}
}
