package confusable

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestHidden(t *testing.T) {
	t.Parallel()
	for text, want := range map[string][]string{
		`"plain, with \n and \t and é 日本"`:              nil,
		`"\u200bzero"`:                                  {"U+200B"},
		`"\u202eevil\u2066"`:                            {"U+202E", "U+2066"},
		`"\udb40\udc41\udb40\udc42"`:                    {"U+E0041", "U+E0042"},
		`"bell\u0007"`:                                  {"U+0007"},
		`"soft\u00adhyphen"`:                            {"U+00AD"},
		`"\u2764\ufe0f \ud83d\udc69\u200d\ud83d\udcbb"`: nil, // a heart, and a person at a computer
		`"a\u200db"`:                                    {"U+200D"},
		`{"a":["\u3164"],"b\u2060":1}`:                  {"U+3164", "U+2060"},
	} {
		if diff := cmp.Diff(want, HiddenIn([]byte(text))); diff != "" {
			t.Errorf("%s (-want +found):\n%s", text, diff)
		}
	}
}

// TestHiddenSpelled looks for each character as it is and as an escape, beside others that
// are plain.
func TestHiddenSpelled(t *testing.T) {
	t.Parallel()
	check := func(r rune) {
		spellings := []string{fmt.Sprintf(`{"a\\":"b\n\u%04x"}`, r)}
		if r >= ' ' && r != '"' && r != '\\' {
			spellings = append(spellings, fmt.Sprintf(`{"a":["b %c"]}`, r))
		}
		for _, text := range spellings {
			if found := HiddenIn([]byte(text)); (found != nil) != hidden(r) {
				t.Errorf("%s: %v", text, found)
			}
		}
	}
	for r := range rune(0x3000) {
		check(r)
	}
	for r := rune(0xFE00); r < 0xFFF0; r++ {
		check(r)
	}
	for _, escape := range []string{`\b`, `\f`} {
		if HiddenIn([]byte(`"`+escape+`"`)) == nil {
			t.Errorf("%s does not show", escape)
		}
	}
}

// TestSkeletonOfASCII holds the short way to the long one.
func TestSkeletonOfASCII(t *testing.T) {
	t.Parallel()
	for r := rune(1); r < 0x80; r++ {
		short := "Tool " + string(r) + "Name"
		if a, b := Skeleton(short), Skeleton(short+"\u200b"); a != b {
			t.Errorf("%q: %q and %q", short, a, b)
		}
	}
}
