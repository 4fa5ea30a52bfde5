package form

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/mark3labs/mcp-go/mcp"

	"ucbridge/cmd/internal/terminal"
)

// elicit answers an elicitation by typing lines, the end of which is Ctrl-D. It
// returns the answer as JSON and what was to be seen.
func elicit(t *testing.T, params mcp.ElicitationParams, typed ...string) (answer, seen string) {
	t.Helper()
	var out strings.Builder
	in := strings.NewReader(strings.Join(append(typed, ""), "\n"))
	a := Asker{Console: terminal.NewConsole(in, &out), Server: "github"}
	result, err := a.Elicit(t.Context(), mcp.ElicitationRequest{Params: params})
	if err != nil {
		t.Fatal(err)
	}
	raw, err := json.Marshal(result)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw), out.String()
}

const formSchema = `{"type":"object","required":["name","level"],"properties":{
	"name":   {"type":"string","title":"Your name","minLength":2,"description":"As on the badge\u001b[2J"},
	"level":  {"type":"string","oneOf":[{"const":"l","title":"Low"},{"const":"h","title":"High"}]},
	"age":    {"type":"integer","minimum":18},
	"news":   {"type":"boolean","default":true},
	"topics": {"type":"array","items":{"enum":["a","b","c"]},"maxItems":2}
}}`

func TestForm(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name  string
		typed []string
		want  string
	}{
		{"cancelled at once", nil, `{"action":"cancel"}`},
		{"cancelled later", []string{"1"}, `{"action":"cancel"}`},
		{"only what is required", []string{"2", "Ada", "", "", "", "y"},
			`{"action":"accept","content":{"level":"h","name":"Ada","news":true}}`},
		{"everything, after mistakes", []string{"3", "", "low", "A", "Ada", "old", "17", "36", "no", "1,2,3", "c, 1", "yes"},
			`{"action":"accept","content":{"age":36,"level":"l","name":"Ada","news":false,"topics":["c","a"]}}`},
		{"changed", []string{"1", "Adda", "", "", "", "e", "1", "Ada", "", "", "", "y"},
			`{"action":"accept","content":{"level":"l","name":"Ada","news":true}}`},
		{"declined in the end", []string{"1", "Ada", "", "", "", "what?", "", "no"}, `{"action":"decline"}`},
	}
	for _, tt := range tests {
		got, _ := elicit(t, mcp.ElicitationParams{Message: "Who?", RequestedSchema: json.RawMessage(formSchema)}, tt.typed...)
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.name, diff)
		}
	}
}

func TestFormLooks(t *testing.T) {
	t.Parallel()
	params := mcp.ElicitationParams{Message: "Who\r\nare you?\u202e", RequestedSchema: json.RawMessage(formSchema)}
	_, got := elicit(t, params, "2", "Ada", "", "", "", "n")
	want := `github asks:
  Who are you?\u{202e}
(Ctrl-D cancels)
  1) Low
  2) High
level (a number from the list): As on the badge\u{1b}[2J
Your name (text): age (integer from 18, optional): news (yes/no, default yes):   1) a
  2) b
  3) c
topics (numbers from the list, with commas between, optional):   level: "h"
  Your name: "Ada"
  news: true
Send this? [yes/no/edit] `
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestFormOfOneOrNone(t *testing.T) {
	t.Parallel()
	one := mcp.ElicitationParams{Message: "?", RequestedSchema: json.RawMessage(`{"properties":{"ok":{"type":"boolean"}},"required":["ok"]}`)}
	if got, _ := elicit(t, one, "n"); got != `{"action":"accept","content":{"ok":false}}` {
		t.Errorf("one field: %s", got)
	}
	none := mcp.ElicitationParams{Message: "?", RequestedSchema: json.RawMessage(`{"type":"object","properties":{}}`)}
	if got, _ := elicit(t, none, "what?", "", "n"); got != `{"action":"decline"}` {
		t.Errorf("no field, declined: %s", got)
	}
	if got, _ := elicit(t, none, "yes"); got != `{"action":"accept","content":{}}` {
		t.Errorf("no field: %s", got)
	}
}

func TestLink(t *testing.T) {
	t.Parallel()
	link := func(url string) mcp.ElicitationParams {
		return mcp.ElicitationParams{Mode: "url", Message: "Sign in", URL: url, ElicitationID: "1"}
	}
	answer, seen := elicit(t, link("https://github.com@evil.example/login?x=1"), "y")
	want := `github asks you to open a link in your browser:
  Sign in
  host: evil.example
  link: https://github.com@evil.example/login?x=1
(Ctrl-D cancels)
Will you open it? [yes/no] Nothing is opened for you: copy the link into your browser.
`
	if diff := cmp.Diff(want, seen); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if answer != `{"action":"accept"}` {
		t.Errorf("consent: %s", answer)
	}
	if answer, _ = elicit(t, link("https://example.com"), "no"); answer != `{"action":"decline"}` {
		t.Errorf("no consent: %s", answer)
	}
	if _, seen = elicit(t, link("https://gіthub.com"), "no"); !strings.Contains(seen, `host: g\u0456thub.com`) {
		t.Errorf("a host in other letters: %s", seen)
	}
	for _, url := range []string{"javascript:alert(1)", "file:///etc/passwd", "https://", "%"} {
		if answer, _ := elicit(t, link(url), "yes"); answer != `{"action":"decline"}` {
			t.Errorf("%s: %s", url, answer)
		}
	}
}
