package emulator

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestAuditLimits(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name           string
		add, body      int
		want, wantKept int
	}{
		{"few", 10, 100, 10, 1000},
		{"many", maxExchanges + 50, 1, maxExchanges, maxExchanges},
		{"large", 2000, maxExchangeLen, maxAuditLen / maxExchangeLen, maxAuditLen},
	} {
		var a audit
		body := make([]byte, tc.body)
		for range tc.add {
			a.add(&entry{Exchange: Exchange{Body: body}})
		}
		if n := len(a.list()); n != tc.want || a.kept != tc.wantKept {
			t.Errorf("%s: %d exchanges with %d bytes, want %d with %d", tc.name, n, a.kept, tc.want, tc.wantKept)
		}
		last := a.entries[len(a.entries)-1]
		a.reset()
		a.sentOn(last, Upstream{Body: body}, false)
		if a.kept != 0 || len(a.list()) != 0 {
			t.Errorf("%s: %d bytes kept after a reset", tc.name, a.kept)
		}
	}
}

func TestPeek(t *testing.T) {
	t.Parallel()
	type got struct{ Method, ID string }
	for message, want := range map[string]got{
		`{"jsonrpc":"2.0","id":9007199254740993,"method":"a/b"}`:          {"a/b", "9007199254740993"},
		` {"params":{"method":"no","id":0},"method":"m\u002fx","id":"s"}`: {"m/x", `"s"`},
		`[{"id":1,"method":"first"},{"id":2,"method":"second"}]`:          {"first", "1"},
		`{"id":1,"result":{"method":"no"}}`:                               {"", "1"},
		`{"method":"m","params":{"cut":"of`:                               {"m", ""},
		`{"Method":"m","ID":1}`:                                           {"", ""},
		`{"method":7}`:                                                    {"", ""},
		`nonsense`:                                                        {"", ""},
		``:                                                                {"", ""},
	} {
		m := peek([]byte(message))
		if diff := cmp.Diff(want, got{m.method, string(m.id)}); diff != "" {
			t.Errorf("%s (-want +got):\n%s", message, diff)
		}
	}
}
