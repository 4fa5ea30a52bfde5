package translate

import (
	"testing"

	"ucbridge/bridge/jsonrpc"
	"ucbridge/bridge/mcp"
)

// TestMeta sends messages of the old era in each form: each gets its members of _meta,
// where the new era looks for them, and stays as it was otherwise.
func TestMeta(t *testing.T) {
	t.Parallel()
	hello, err := jsonrpc.Parse([]byte(`{"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{}}}`))
	if err != nil {
		t.Fatal(err)
	}
	translation := newTranslation(&Translator{}, hello)
	const rev = `"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{}`
	for given, want := range map[string]string{
		`{"jsonrpc":"2.0","id":1,"method":"m"}`:                                  `{"jsonrpc":"2.0","id":1,"method":"m","params":{"_meta":{` + rev + `}}}`,
		`{"jsonrpc":"2.0","id":1,"method":"m","params":{}}`:                      `{"jsonrpc":"2.0","id":1,"method":"m","params":{"_meta":{` + rev + `}}}`,
		`{"jsonrpc":"2.0","id":1,"method":"m","params":{ "a":1.0 }}`:             `{"jsonrpc":"2.0","id":1,"method":"m","params":{"_meta":{` + rev + `}, "a":1.0 }}`,
		`{"jsonrpc":"2.0","id":1,"params":{"_meta":{}},"method":"m"}`:            `{"jsonrpc":"2.0","id":1,"params":{"_meta":{` + rev + `}},"method":"m"}`,
		`{"jsonrpc":"2.0","id":1,"params":{"_meta":{"a":1},"b":2},"method":"m"}`: `{"jsonrpc":"2.0","id":1,"params":{"_meta":{` + rev + `,"a":1},"b":2},"method":"m"}`,
		`{"jsonrpc":"2.0","id":1,"method":"m","params":[1]}`:                     `{"jsonrpc":"2.0","id":1,"method":"m","params":[1]}`,
		`{"jsonrpc":"2.0","id":1,"method":"m","params":{"_meta":"a"}}`:           `{"jsonrpc":"2.0","id":1,"method":"m","params":{"_meta":"a"}}`,
	} {
		got := string(translation.translate([]byte(given)))
		if got != want {
			t.Errorf("%s became\n%s, want\n%s", given, got, want)
		}
		if m, err := jsonrpc.Parse([]byte(got)); err != nil || mcp.Revision(m) == "" && got != given {
			t.Errorf("%s is no request of 2026-07-28: %v", got, err)
		}
	}
}
