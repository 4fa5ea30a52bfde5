package refusal

import (
	"strings"
	"testing"
)

// What a client has sent is refused in the same words however it came, but for the word
// for that.
func TestCarrier(t *testing.T) {
	t.Parallel()
	for _, c := range []Carrier{Line, Body} {
		for raw, want := range map[string]struct {
			reason  Reason
			id      string
			message string
			detail  bool
		}{
			`{"jsonrpc":"2.0","id":7,"method":"ping"}`:                                {id: "7"},
			`[{"jsonrpc":"2.0","id":7,"method":"ping"}]`:                              {},
			`{"jsonrpc":"2.0","id":7,`:                                                {ParseError, "", "Parse error: the % is not JSON.", true},
			`{"jsonrpc":"1.0","id":7,"method":"ping"}`:                                {InvalidRequest, "7", "Invalid Request: the % is not a JSON-RPC message.", true},
			`{"jsonrpc":"2.0","id":7,"method":"ping","params":{},"params":{"a":"b"}}`: {InvalidRequest, "7", "Invalid Request: the % is not a JSON-RPC message.", true},
		} {
			m, refused := c.Parse([]byte(raw))
			if want.reason == "" {
				if refused != nil || string(m.ID) != want.id || m.Raw == nil {
					t.Errorf("%s %s: %v, id %s", c, raw, refused, m.ID)
				}
				continue
			}
			message := strings.ReplaceAll(want.message, "%", string(c))
			if refused == nil || refused.Data.Reason != want.reason || refused.Message != message || (refused.Data.Detail != "") != want.detail || string(m.ID) != want.id || m.Raw != nil {
				t.Errorf("%s %s: %+v, id %s", c, raw, refused, m.ID)
			}
		}
		if hint := c.BatchRefused().Data.Hint; hint != "send one message per "+string(c) {
			t.Errorf("%s: %s", c, hint)
		}
	}
}

// TestLines has the remedy before what others have said.
func TestLines(t *testing.T) {
	t.Parallel()
	e := New(UpstreamUnreachable, "It is gone.").WithHint("start it")
	e.Data.Detail, e.Data.RequestID = `say "no" é`, "r-1"
	if got, want := strings.Join(e.Lines(), "|"), `It is gone. (upstream_unreachable)|What to do: start it|The other side said: "say 'no' é"|Databricks request id: r-1`; got != want {
		t.Errorf("got %s", got)
	}
	e.Data.OwnDetail = true
	if got := e.Lines()[2]; got != `Detail: say "no" é` {
		t.Errorf("got %s", got)
	}
}
