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
}
