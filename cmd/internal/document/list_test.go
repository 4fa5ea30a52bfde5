package document

import (
	"strings"
	"testing"
)

// TestList adds an item to lists of many layouts and takes it out again.
func TestList(t *testing.T) {
	t.Parallel()
	tests := map[string]string{ // with the item where ADDED stands
		`{"allowed": [ADDED]}`:                                           `{"allowed": []}`,
		`{"allowed": ["a", ADDED]}`:                                      `{"allowed": ["a"]}`,
		"{\n  \"allowed\": [\n    \"a\",\n    ADDED\n  ]\n}\n":           "{\n  \"allowed\": [\n    \"a\"\n  ]\n}\n",
		"{\r\n\t\"allowed\": [\r\n\t\t\"a\",\r\n\t\tADDED,\r\n\t],\r\n}": "{\r\n\t\"allowed\": [\r\n\t\t\"a\",\r\n\t],\r\n}",
		"{\"allowed\": [ // which\n  \"a\", // first\n  ADDED\n]}":       "{\"allowed\": [ // which\n  \"a\" // first\n]}",
	}
	list := List{Key: "allowed"}
	for want, src := range tests {
		item := map[string]any{"serverCommand": []any{"/opt/ucbridge", "stdio"}}
		want = strings.Replace(want, "ADDED", `{"serverCommand": ["/opt/ucbridge", "stdio"]}`, 1)
		got, err := list.Add([]byte(src), item)
		if err != nil || string(got) != want {
			t.Errorf("added to %q: %q, %v; want %q", src, got, err, want)
		}
		if back, err := list.Remove(got, item); err != nil || string(back) != src {
			t.Errorf("removed from %q: %q, %v; want %q", got, back, err, src)
		}
	}
	for src, parent := range map[string]string{`{}`: "", `{"mcp": {}}`: "mcp", `{"allowed": 5}`: "", `{"allowed": [1], "allowed": [2]}`: ""} {
		if got, err := (List{Key: "allowed", Parent: parent}).Add([]byte(src), "x"); err == nil {
			t.Errorf("added to %q: %q", src, got)
		}
	}
	if got, err := list.Remove([]byte(`{"allowed": ["a", "b", "c"]}`), "a"); err != nil || string(got) != `{"allowed": ["b", "c"]}` {
		t.Errorf("removed the first: %q, %v", got, err)
	}
}

// FuzzList adds an item to any list and takes it out again.
func FuzzList(f *testing.F) {
	for _, seed := range []string{`{"mcp": {"allowed": []}}`, "{\"mcp\": {\"allowed\": [ // x\n1,/*y*/]}}", `{"mcp":{"allowed":[1,2 ]}}`, "{\"mcp\":{\"allowed\":[\n1\n,2]}}"} {
		f.Add([]byte(seed))
	}
	list := List{Key: "allowed", Parent: "mcp"}
	f.Fuzz(func(t *testing.T, src []byte) {
		added, err := list.Add(src, "x")
		if err != nil {
			return // refused
		}
		if back, err := list.Remove(added, "x"); err != nil || string(back) != string(src) {
			t.Errorf("%q became %q, %v", src, back, err)
		}
	})
}
