package quirks

import (
	"fmt"
	"slices"
	"testing"
)

func TestTable(t *testing.T) {
	t.Parallel()
	var names []string
	for _, r := range table {
		if r.name == "" || r.seen == "" || r.Client == (Client{}) || slices.Contains(names, r.name) {
			t.Errorf("row %+v", r)
		}
		names = append(names, r.name)
	}
	for _, name := range []string{"Codex-MCP-client", "@cline/core", "qwen-cli-mcp-client-github"} {
		if got := Of(name, "9"); !got.KeepsLists {
			t.Errorf("%s: %+v", name, got)
		}
	}
	for _, name := range []string{"", "codex", "cline", "qwen-cli-mcp"} {
		if got := Of(name, "1"); got != (Client{}) {
			t.Errorf("%q: %+v", name, got)
		}
	}
	for _, c := range []struct {
		version, than string
		older         bool
	}{{"0.61.0", "0.62.0", true}, {"0.62.0", "0.62.0", false}, {"1", "0.62.0", false}, {"0.9", "0.10", true}, {"", "1", true}, {"1.2.3-rc1", "1.2.4", true}} {
		if got := older(c.version, c.than); got != c.older {
			t.Errorf("%s older than %s: %v", c.version, c.than, got)
		}
	}
}

func ExampleSpelling_Of() {
	claude := Of("claude-code", "2.1.332")
	fmt.Println(claude.Spelling.Of("issues.list"), claude.Spelling.Of("issues_list"))
	// Output: issues_list issues_list
}
