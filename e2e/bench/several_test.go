package main

import (
	"encoding/json"
	"testing"
)

// TestCrowdTools: the servers of a crowd have as many tools as is said, all of different
// names, of which one is what the calls call.
func TestCrowdTools(t *testing.T) {
	t.Parallel()
	for _, c := range crowds {
		names := make(map[string]bool)
		for n := range c.servers {
			var answer struct {
				Result struct{ Tools []struct{ Name string } }
			}
			raw := append([]byte(`{"id":1`), crowdTools("/mcp/"+c.connection(n))...)
			if err := json.Unmarshal(raw, &answer); err != nil {
				t.Fatalf("%v in %s", err, raw)
			}
			for _, tool := range answer.Result.Tools {
				names[tool.Name] = true
			}
		}
		if len(names) != c.servers*c.tools || !names["echo"] {
			t.Errorf("%d tools of %+v", len(names), c)
		}
	}
	if got := string(crowdTools("/mcp")); got != string(toolList) {
		t.Errorf("the other server lists %s", got)
	}
}
