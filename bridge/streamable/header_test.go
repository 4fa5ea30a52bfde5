package streamable

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ucbridge/bridge/jsonrpc"
)

// TestHeadersOfAnyProperty: what else a tool takes does not keep an annotated argument
// from its header, nor an invalid annotation from being found.
func TestHeadersOfAnyProperty(t *testing.T) {
	t.Parallel()
	for _, other := range []string{`{"type":"integer"}`, `{"type":["integer","null"]}`, `{}`, `true`, `false`, `{"type":"object","properties":{"x":true}}`} {
		for annotation, want := range map[string]string{`"Region"`: "eu", `"two words"`: ""} {
			list := fmt.Sprintf(`{"jsonrpc":"2.0","id":1,"result":{"tools":[{"name":"t","inputSchema":{"type":"object","properties":{"region":{"type":"string","x-mcp-header":%s},"other":%s}}}]}}`, annotation, other)
			answer, err := jsonrpc.Parse([]byte(list))
			if err != nil {
				t.Fatal(err)
			}
			call, err := jsonrpc.Parse([]byte(`{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"t","arguments":{"region":"eu"}}}`))
			if err != nil {
				t.Fatal(err)
			}
			var h Headers
			dropped := false
			if kept := h.Admit(answer, func(string, error) { dropped = true }); !dropped && string(kept.Raw) != list {
				t.Errorf("%s: the list has changed: %s", other, kept.Raw)
			}
			got := h.Of(call)["Mcp-Param-Region"]
			if diff := cmp.Diff(want, got); diff != "" || dropped != (want == "") {
				t.Errorf("%s beside %s: dropped %v, header (-want +got)\n%s", annotation, other, dropped, diff)
			}
		}
	}
}
