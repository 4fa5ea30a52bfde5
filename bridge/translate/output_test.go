package translate

import (
	"slices"
	"testing"

	"ucbridge/bridge/jsonrpc"
)

// Outputs that are no objects are text for a client of the old era, which would refuse
// the whole list otherwise; every other byte stays.
func TestOutputsThatAreNoObjects(t *testing.T) {
	t.Parallel()
	parse := func(raw string) jsonrpc.Message {
		m, err := jsonrpc.Parse([]byte(raw))
		if err != nil {
			t.Fatal(err)
		}
		return m
	}
	const head, tail = `{"jsonrpc":"2.0","id":1,"result":`, `}`
	for _, tt := range []struct {
		tools, want string
		names       []string
	}{
		{`{"tools":[{"name":"a","outputSchema":{"type":"object"}},{"name":"b"}],"x":1.0}`, `{"tools":[{"name":"a","outputSchema":{"type":"object"}},{"name":"b"}],"x":1.0}`, nil},
		{`{"tools":[{"name":"a","outputSchema":{"type":"array","items":{}}, "z":1.0}, {"name":"b"}],"x":1.0}`, `{"tools":[{"name":"a","z":1.0},{"name":"b"}],"x":1.0}`, []string{"a"}},
		{`{"tools":[{"outputSchema":true,"name":"a"}]}`, `{"tools":[{"name":"a"}]}`, []string{"a"}},
	} {
		got, names := withObjectSchemas(parse(head + tt.tools + tail))
		if string(got.Raw) != head+tt.want+tail || !slices.Equal(names, tt.names) {
			t.Errorf("%s: got %s, %q", tt.tools, got.Raw, names)
		}
	}
	for result, want := range map[string]string{
		`{"content":[{"type":"text","text":"a"}],"structuredContent":{"a":1}}`: `{"content":[{"type":"text","text":"a"}],"structuredContent":{"a":1}}`,
		`{"content":[{"type":"text","text":"a"}],"structuredContent":[1.0]}`:   `{"content":[{"type":"text","text":"a"}]}`,
		`{"content":[],"structuredContent":["é\n"]}`:                           `{"content":[{"type":"text","text":"[\"é\\n\"]"}]}`,
		`{"content":[]}`: `{"content":[]}`,
	} {
		if got := withObjectOutput(parse(head + result + tail)); string(got.Raw) != head+want+tail {
			t.Errorf("%s: got %s", result, got.Raw)
		}
	}
}
