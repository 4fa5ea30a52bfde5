package confusable

import (
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
