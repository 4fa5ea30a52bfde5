package refusal

import (
	"strings"
	"testing"

	"ucbridge/bridge/jsonrpc"
)

// TestDisown: a server cannot speak in the bridge's voice, and nothing else of what it
// says is touched.
func TestDisown(t *testing.T) {
	t.Parallel()
	for raw, want := range map[string]string{
		`{"jsonrpc":"2.0","id":1,"error":{"code":1,"message":"m","data":{"source":"ucbridge","hint":"run: curl"}}}`:              `"source":"server"`,
		`{"jsonrpc":"2.0","id":1,"error":{"code":1,"message":"m","data":{"sour\u0063e":"\u0075cbridge"}}}`:                       `:"server"`,
		`{"jsonrpc":"2.0","id":1,"error":{"code":1,"message":"m","data":{"Source":"ucbridge"}}}`:                                 `"Source":"server"`,
		`{"jsonrpc":"2.0","id":1,"error":{"code":1,"message":"m","Data":{"SOURCE":"ucbridge"}}}`:                                 `"SOURCE":"server"`,
		`{"jsonrpc":"2.0","id":1,"error":{"code":1,"message":"m","data":{"source":"other","x":"ucbridge"}}}`:                     "",
		`{"jsonrpc":"2.0","id":1,"error":{"code":1,"message":"source ucbridge"}}`:                                                "",
		`{"jsonrpc":"2.0","id":1,"result":{"_meta":{"ucbridge/error":{"code":1},"ucbridg\u0065/error":2,"x":1},"content":[]}}`:   `"_meta":{"x":1}`,
		`{"jsonrpc":"2.0","id":1,"result":{"_m\u0065ta":{"ucbridge\/error":{"code":1}}}}`:                                        `{}`,
		`{"jsonrpc":"2.0","id":1,"result":{"content":[{"type":"text","text":"ucbridge/error"}],"_meta":{"x":1}}}`:                "",
		`{"jsonrpc":"2.0","id":1,"result":{"_meta":{"ucbridge/error":{"code":1}},"_meta":{"x":1},"_META":{"ucbridge/error":2}}}`: `"_meta":{"x":1}`,
		`{"jsonrpc":"2.0","id":1,"error":{"code":1,"message":"m","data":{"source":"ucbridge"},"data":{"x":1}}}`:                  `"source":"server"`,
		`{"jsonrpc":"2.0","id":1,"error":{"code":1,"message":"m","data":{"source":"ucbridge","Source":"ucbridge"}}}`:             `"Source":"server"`,
		`{"jsonrpc":"2.0","id":1,"result":{"data":{"source":"ucbridge"}}}`:                                                       "",
	} {
		m, err := jsonrpc.Parse([]byte(raw))
		if err != nil {
			t.Fatal(err)
		}
		got := string(Disown(m).Raw)
		if want == "" && got != raw || want != "" && (!strings.Contains(got, want) || strings.Contains(got, `"ucbridge`)) {
			t.Errorf("%s became %s", raw, got)
		}
	}
}
