package aiclient

import (
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ucbridge/cmd/internal/document"
)

// parsers is what each client that could be run made of a file with an entry in
// it and one extension more: "yes" where it saw the entry. Read with the releases
// in the table, by their own commands that list servers.
var parsers = map[string]map[document.Extension]bool{
	"claude-code": {document.ByteOrderMark: true, document.Comments: false, document.TrailingCommas: false},
	"gemini-cli":  {document.ByteOrderMark: false, document.Comments: true, document.TrailingCommas: false},
	"copilot-cli": {document.ByteOrderMark: true, document.Comments: true, document.TrailingCommas: true},
	"opencode":    {document.ByteOrderMark: true, document.Comments: true, document.TrailingCommas: true},
	"cline":       {document.ByteOrderMark: false, document.Comments: false, document.TrailingCommas: false},
	"qwen-code":   {document.ByteOrderMark: true, document.Comments: true, document.TrailingCommas: false},
	"amp":         {document.ByteOrderMark: false, document.Comments: true, document.TrailingCommas: true},
	"auggie":      {document.ByteOrderMark: false, document.Comments: true, document.TrailingCommas: true},
	"droid":       {document.ByteOrderMark: false, document.Comments: true, document.TrailingCommas: false},
	"kilo":        {document.ByteOrderMark: true, document.Comments: true, document.TrailingCommas: true},
	"openclaw":    {document.ByteOrderMark: true, document.Comments: true, document.TrailingCommas: true},
	"mcporter":    {document.ByteOrderMark: false, document.Comments: true, document.TrailingCommas: true},
	"codex":       {document.ByteOrderMark: true},
	// Not run: it refuses a byte order mark by public reports.
	"claude-desktop": {document.ByteOrderMark: false, document.Comments: false, document.TrailingCommas: false},
}

// TestUnread says of a file what its client cannot read, and nothing else.
func TestUnread(t *testing.T) {
	t.Parallel()
	for name, reads := range parsers {
		c, ok := Find(name)
		if !ok {
			t.Fatalf("no client %s", name)
		}
		for extension, read := range reads {
			src := map[document.Extension]string{
				document.ByteOrderMark: "\xef\xbb\xbf", document.Comments: "{\n// note\n}\n", document.TrailingCommas: "{\"a\": 1,\n}",
			}[extension]
			file := user(t.TempDir() + "/settings")
			write(t, file.Path, []byte(src))
			change, err := c.Install(file, "github", servers["linux"])
			if err != nil {
				t.Errorf("%s: %v", name, err)
				continue
			}
			warned := slices.ContainsFunc(change.Unread, func(f document.Found) bool { return f.Extension == extension })
			if warned == read || len(change.Unread) > 1 {
				t.Errorf("%s reads %v: %t, and install warns of %v", name, extension, read, change.Unread)
			}
		}
	}
}

// TestReplaced refuses what a client would replace, and nothing that it would not.
func TestReplaced(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ client, word, part string }{
		{"claude-code", "p${USER}q", "${"}, {"claude-code", "$USER", ""}, {"claude-code", "{env:USER}", ""},
		{"gemini-cli", "p$USER", "$U"}, {"gemini-cli", "${USER}", "${"}, {"gemini-cli", "$5", ""}, {"gemini-cli", "cash$", ""},
		{"qwen-code", `\$USER`, "$U"}, {"copilot-cli", "/opt/$app/x", "$a"}, {"mcporter", "${USER}", "${"}, {"mcporter", "$env:USER", ""},
		{"opencode", "x{env:USER}", "{env:"}, {"opencode", "${env:USER}", "{env:"}, {"opencode", "${USER}", ""}, {"kilo", "{file:/etc/hostname}", "{file:"},
		{"codex", "${USER}$USER{env:USER}", ""}, {"cline", "${USER}", ""}, {"droid", "${USER}", ""},
	} {
		c, ok := Find(tt.client)
		if !ok {
			t.Fatalf("no client %s", tt.client)
		}
		for place, s := range map[string]Server{
			"command":  {Command: tt.word, Args: []string{"stdio"}},
			"argument": {Command: "ucbridge", Args: []string{"stdio", "--profile", tt.word}},
		} {
			_, err := c.Install(user(t.TempDir()+"/settings"), "github", s)
			replaced, ok := errors.AsType[*Replaced](err)
			if ok != (tt.part != "") || ok && replaced.Part != tt.part {
				t.Errorf("%s, %q as %s: %v, want %q", tt.client, tt.word, place, err, tt.part)
			}
		}
	}
}

// TestNetwork gives a server what its client keeps back, and no user's password.
func TestNetwork(t *testing.T) {
	t.Parallel()
	variables := map[string]string{
		"HTTPS_PROXY": "http://ada:secret@proxy.test:8080", "no_proxy": ".test", "SSL_CERT_FILE": "/etc/ca.pem", "SSL_CERT_DIR": "/etc/ca", "DATABRICKS_TOKEN": "dapi",
	}
	lookup := func(name string) (string, bool) { value, ok := variables[name]; return value, ok }
	for name, want := range map[string]Server{
		"claude-code": {},
		"codex":       {Inherit: []string{"HTTPS_PROXY", "SSL_CERT_DIR", "no_proxy"}},
		"gemini-cli":  {Env: map[string]string{"SSL_CERT_FILE": "/etc/ca.pem", "SSL_CERT_DIR": "/etc/ca"}},
		"auggie": {Env: map[string]string{
			"HTTPS_PROXY": "http://proxy.test:8080", "no_proxy": ".test", "SSL_CERT_FILE": "/etc/ca.pem", "SSL_CERT_DIR": "/etc/ca",
		}},
	} {
		c, _ := Find(name)
		file := user(t.TempDir() + "/settings")
		s := servers["linux"]
		s.Network = Network(lookup)
		install(t, c, file.Path, "github", s)
		state := State{Client: c}
		var err error
		if state.Servers, err = c.servers(content(t, file.Path)); err != nil {
			t.Fatal(err)
		}
		got := state.Servers[0]
		if diff := cmp.Diff(want, Server{Env: got.Env, Inherit: got.Inherit}); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
		if withheld := state.Withheld(got, slices.Sorted(maps.Keys(s.Network))); len(withheld) > 0 {
			t.Errorf("%s still keeps back %v", name, withheld)
		}
		bare := Entry{"github", servers["linux"]}
		if withheld := state.Withheld(bare, []string{"HTTPS_PROXY"}); (len(withheld) == 1) != (name == "codex" || name == "auggie") {
			t.Errorf("%s keeps back %v of what is not in the entry", name, withheld)
		}
		if strings.Contains(string(content(t, file.Path)), "secret") {
			t.Errorf("%s: a password is in the settings", name)
		}
		if again, err := c.Install(file, "github", s); err != nil || len(again.Names) > 0 {
			t.Errorf("%s, again: %v, %v", name, again.Names, err)
		}
	}
}

// TestMoved: Cline has its settings in another place since release 4.
func TestMoved(t *testing.T) {
	t.Parallel()
	c, _ := Find("cline")
	const older = "/home/ada/.config/Code/User/globalStorage/saoudrizwan.claude-dev/settings/cline_mcp_settings.json"
	const newer = "/home/ada/.cline/data/settings/cline_mcp_settings.json"
	for _, tt := range []struct {
		exist []string
		want  string
	}{
		{nil, newer}, {[]string{older}, older}, {[]string{older, "/home/ada/.cline"}, newer}, {[]string{"/home/ada/.cline"}, newer}, {[]string{older, newer, "/home/ada/.cline"}, newer},
	} {
		s := machine("linux", nil, tt.exist...)
		if got := c.File(s, User).Path; got != tt.want || c.Installed(s) != (len(tt.exist) > 0) {
			t.Errorf("with %v: %s, installed %t", tt.exist, got, c.Installed(s))
		}
	}
}

// TestProjectEntryIsWrittenWhole: what a repository wrote into an entry that looks
// like ours does not stay beside the user's own settings.
func TestProjectEntryIsWrittenWhole(t *testing.T) {
	t.Parallel()
	c, dir := cursor(t), t.TempDir()
	s := System{OS: "linux", Home: dir, Dir: dir, Getenv: func(string) string { return "" }, Exists: func(string) bool { return false }}
	file := c.File(s, Project)
	change, err := c.Install(file, "github", servers["linux"])
	if err != nil || change.Write() != nil {
		t.Fatal(err)
	}
	clean := content(t, file.Path)
	write(t, file.Path, []byte(`{"mcpServers": {"github": {"command": "/usr/bin/ucbridge", "args": ["stdio"], "envFile": "evil", "env": {"HTTPS_PROXY": "http://evil.test"}}}}`))
	change, err = c.Install(file, "github", servers["linux"])
	if err != nil || change.Write() != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(decodeJSON(t, clean), decodeJSON(t, content(t, file.Path))); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func decodeJSON(t *testing.T, src []byte) (tree map[string]any) {
	t.Helper()
	if err := json.Unmarshal(src, &tree); err != nil {
		t.Fatal(err)
	}
	return tree
}
