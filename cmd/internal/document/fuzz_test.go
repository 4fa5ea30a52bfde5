package document

import (
	"bytes"
	"testing"
)

// example is what is put into everything.
var example = Object{
	{"command", `C:\Program Files\ucbridge.exe`},
	{"args", []string{"stdio", "--connection", "git # \"hub\""}},
	{"enabled", true},
	{"env", Object{{"DATABRICKS_CONFIG_FILE", "/home/ä/.databrickscfg"}}},
}

// FuzzJSON and its like put an entry into any document and take it out again.
func FuzzJSON(f *testing.F) {
	section := Section{Format: JSON, Key: "mcpServers"}
	for _, seed := range []string{
		"", "\n", "{}", "{ }\n", "{\n}\n", `{"a":1}`, "{\n  \"a\": 1\n}\n", "{\r\n\t\"a\": 1\r\n}\r\n", "\xef\xbb\xbf{\"a\": [1, 2]}",
		"{\"mcpServers\": {}}", "{\"mcpServers\": {\"x\": {\"command\": \"y\"}}}", "{\n  \"mcpServers\": {\n    \"x\": 1,\n  },\n}\n",
		"{\"mcp\": {}}", "{\n  \"mcp\": {\n    \"mcpServers\": {\n      \"x\": 1\n    },\n    \"y\": 2\n  }\n}\n", "{\"mcp\": {\"y\": 1}}", "{\"mcp\": 5}",
		"// top\n{\n  // first\n  \"a\": 1 // behind\n  // last\n}\n// end\n", "{\"a\": 1, // c\n\"b\": 2 /* d */}", "{\"a\": 1, \"a\": 2}", "[]", "{",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, src []byte) {
		checkRoundTrip(t, section, src)
		within := section
		within.Parent = "mcp"
		checkRoundTrip(t, within, src)
	})
}

func FuzzTOML(f *testing.F) {
	section := Section{Format: TOML, Key: "mcp_servers"}
	for _, seed := range []string{
		"", "\n", "model = \"x\"\n", "model = \"x\"", "# note\r\nmodel = \"x\" # why\r\n\r\n[tools]\r\nweb = true\r\n",
		"[mcp_servers.x]\ncommand = \"y\"\n", "[mcp_servers]\nx.command = \"y\"\n", "mcp_servers.x.command = \"y\"\n", "mcp_servers = {}\n",
		"a.b.c = 1\n[[list]]\nx = '''\n[mcp_servers.no]\n'''\n", "x = [\n 1, # one\n]\n# end", "\xef\xbb\xbfa = 1\n", "a = 1\na = 2\n",
		"[mcp_servers.x.env]\nA = \"1\"\n\n[mcp_servers.y]\nargs = []\n",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, src []byte) { checkRoundTrip(t, section, src) })
}

func FuzzYAML(f *testing.F) {
	for _, seed := range []string{
		"", "\n", "# nothing\n", "a: 1\n", "a: 1", "a: 1\r\nb:\r\n  - 2\r\n", "extensions:\n", "extensions: {}\n", "extensions: [] # none\n", "extensions:",
		"extensions:\n  # first\n  x:\n    cmd: y\nother: |\n  text\n", "extensions:\n- name: x\n  command: y\n- name: z\n", "---\nextensions:\n    x: {cmd: y}\n",
		"extensions:\n  - name: x\n    command: y\n\n# end\n", "\xef\xbb\xbfa: 1\n", "a: [1,\n  2]\n", "a: 1\n---\nb: 2\n", "- 1\n", "a: \"x\n  y\"\nextensions: null\n",
		"extensions:\n  # first\n d::\n    cmd: y\nother: |\n  text\n",
		"  a: 1\n  extensions:\n    x: 1\n", "a: &b {c: 1}\nd: *b\n", "a: |+\n  x\n\n",
	} {
		f.Add([]byte(seed), true)
		f.Add([]byte(seed), false)
	}
	f.Fuzz(func(t *testing.T, src []byte, list bool) {
		checkRoundTrip(t, Section{Format: YAML, Key: "extensions", List: list}, src)
	})
}

// checkRoundTrip puts an entry into src, if src is a document that can hold one,
// and takes it out again: the result must be src to the byte, unless there was an
// empty section or an empty document.
func checkRoundTrip(t *testing.T, s Section, src []byte) {
	t.Helper()
	const name = "github"
	original := bytes.Clone(src)
	entries, err := s.Entries(src)
	if err != nil {
		return // another program's fault
	}
	checkExtensions(t, s, src)
	for _, e := range entries {
		if e.Name == name {
			return
		}
	}
	added, err := s.Put(src, name, example)
	if err != nil {
		return // a shape that is refused
	}
	now, err := s.Entries(added)
	if err != nil || len(now) != len(entries)+1 {
		t.Fatalf("%d entries became %d, %v:\n%s", len(entries), len(now), err, added)
	}
	again, err := s.Put(added, name, example)
	if err != nil || !bytes.Equal(again, added) {
		t.Errorf("added again, %v:\n%q\nwant\n%q", err, again, added)
	}
	removed, err := s.Cut(added, name)
	if err != nil {
		t.Fatalf("removing: %v from\n%s", err, added)
	}
	if !bytes.Equal(src, original) {
		t.Errorf("the input was changed")
	}
	tree, _ := s.Format.decode(bytes.TrimPrefix(src, byteOrderMark))
	holder, empty := tree, len(tree) == 0
	if parent, ok := tree[s.Parent].(map[string]any); ok && s.Parent != "" {
		holder, empty = parent, len(parent) == 0
	}
	_, section := holder[s.Key]
	if empty = empty || section && len(entries) == 0; !empty && !bytes.Equal(removed, src) {
		t.Errorf("added and removed:\n%q\nwant\n%q\nwith the entry\n%q", removed, src, added)
	}
}

// TestSeeds holds the documents that Put must not refuse.
func TestSeeds(t *testing.T) {
	t.Parallel()
	tests := []struct {
		section Section
		srcs    []string
	}{
		{Section{Format: JSON, Key: "mcpServers"}, []string{"", "{}", "{\"a\": 1}", "{\n  // c\n  \"a\": 1,\n}\n", "{\"mcpServers\": {}}"}},
		{Section{Format: JSON, Key: "servers", Parent: "mcp"}, []string{"", "{}", "{\"a\": 1}", "{\n  \"mcp\": {\n    \"b\": 1\n  }\n}\n", "{\"mcp\": {\"servers\": {}}}", "{\"mcp\": {}}"}},
		{Section{Format: TOML, Key: "mcp_servers"}, []string{"", "a = 1", "mcp_servers.x.command = \"y\"\n", "[mcp_servers]\nx.command = \"y\"\n"}},
		{Section{Format: YAML, Key: "extensions"}, []string{"", "# c\n", "a: 1", "extensions:", "extensions: {}\nb: 1\n", "extensions:\n    x: {}\n", "a: |\n  b\n"}},
		{Section{Format: YAML, Key: "extensions", List: true}, []string{"", "extensions: []\n", "extensions:\n- name: x\n", "a: 1\r\nextensions:\r\n  - name: x\r\n"}},
	}
	for _, tt := range tests {
		for _, src := range tt.srcs {
			added, err := tt.section.Put([]byte(src), "github", example)
			if err != nil {
				t.Errorf("%q: %v", src, err)
			}
			t.Logf("%s", added)
			checkRoundTrip(t, tt.section, []byte(src))
		}
	}
}
