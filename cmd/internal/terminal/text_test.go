package terminal

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestClean(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, text, clean, line string }{
		{"plain", "naïve 日本語 👍", "naïve 日本語 👍", "naïve 日本語 👍"},
		{"lines", "a\r\n\tb\nc", "a\n\tb\nc", "a b c"},
		{"a colour", "\x1b[31mred", `\u{1b}[31mred`, `\u{1b}[31mred`},
		{"back to the start of the line", "safe\rrm", `safe\u{d}rm`, "safe rm"},
		{"C1", "a\u009b31m", `a\u{9b}31m`, `a\u{9b}31m`},
		{"direction", "a\u202eb", `a\u{202e}b`, `a\u{202e}b`},
		{"no width", "a\u200bb\ufeff", `a\u{200b}b\u{feff}`, `a\u{200b}b\u{feff}`},
		{"tags", "a\U000E0041", `a\u{e0041}`, `a\u{e0041}`},
		{"line separator", "a\u2028b", `a\u{2028}b`, "a b"},
		{"a filler", "a\u3164b", `a\u{3164}b`, `a\u{3164}b`},
		{"not UTF-8", "a\xffb", "a\uFFFDb", "a\uFFFDb"},
	}
	for _, tt := range tests {
		if got := Clean(tt.text); got != tt.clean {
			t.Errorf("%s: Clean: %q, want %q", tt.name, got, tt.clean)
		}
		if got := Line(tt.text); got != tt.line {
			t.Errorf("%s: Line: %q, want %q", tt.name, got, tt.line)
		}
	}
}

func TestJSON(t *testing.T) {
	t.Parallel()
	raw := `{"b":9007199254740993,"a":1e23,"html":"<&>","hidden":"\u001b[0m` + "\u202e\u009b\U000E0041" + `"}`
	want := "{\n  \"b\": 9007199254740993,\n  \"a\": 1e23,\n  \"html\": \"<&>\",\n" +
		"  \"hidden\": \"\\u001b[0m\\u202e\\u009b\\udb40\\udc41\"\n}"
	got := JSON([]byte(raw))
	if diff := cmp.Diff(want, string(got)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	var before, after any
	if err := json.Unmarshal([]byte(raw), &before); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(got, &after); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(before, after); diff != "" {
		t.Errorf("another value (-want +got):\n%s", diff)
	}
}

func TestWrap(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, text string
		width      int
		want       string
	}{
		{"any width", "one two three", 0, "  one two three\n"},
		{"fits", "one two", 9, "  one two\n"},
		{"broken", "one two three", 9, "  one two\n  three\n"},
		{"a long word", "a incomprehensible b", 9, "  a\n  incomprehensible\n  b\n"},
		{"lines stay", "one\n\ntwo\n", 40, "  one\n\n  two\n"},
		{"a list keeps its indent", "- one\n    - two", 40, "  - one\n      - two\n"},
		{"characters, not bytes", "äöü äöü", 9, "  äöü äöü\n"},
	}
	for _, tt := range tests {
		if diff := cmp.Diff(tt.want, Wrap(tt.text, "  ", tt.width)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.name, diff)
		}
	}
}

func TestCut(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		line  string
		width int
		want  string
	}{{"äöüäöü", 6, "äöüäöü"}, {"äöüäöüx", 6, "äöü..."}, {"abcdef", 0, "abcdef"}, {"abcdef", 2, "..."}} {
		if got := Cut(tt.line, tt.width); got != tt.want {
			t.Errorf("Cut(%q, %d) = %q, want %q", tt.line, tt.width, got, tt.want)
		}
	}
}
