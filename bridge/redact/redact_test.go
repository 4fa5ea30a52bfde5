package redact

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ucbridge/bridge/jsonrpc"
)

func TestSecretsAreMasked(t *testing.T) {
	t.Parallel()
	source, err := os.ReadFile("testdata/secrets.json")
	if err != nil {
		t.Fatal(err)
	}
	var pieces map[string][]string // so that no scanner takes the file for a leak
	if err := json.Unmarshal(source, &pieces); err != nil {
		t.Fatal(err)
	}
	for kind, p := range pieces {
		secret := strings.Join(p, "")
		for _, spelled := range []string{secret, "key=" + secret + ";", "(" + secret + ")\n"} {
			raw, err := json.Marshal(map[string]any{"a": 1, "text": spelled, "b": []string{"x", spelled}})
			if err != nil {
				t.Fatal(err)
			}
			for _, form := range [][]byte{raw, escaped(raw)} {
				out, kinds := Value(form)
				if diff := cmp.Diff([]string{kind}, kinds); diff != "" {
					t.Errorf("%s (-want +found):\n%s", form, diff)
				}
				if strings.Contains(string(out), secret) || !strings.Contains(string(out), kind+" masked") {
					t.Errorf("%s became %s", form, out)
				}
			}
		}
	}
	for _, harmless := range []string{
		`{"text":"dapi and ghp_ and AKIA are prefixes"}`, `{"sha":"0123456789abcdef0123456789abcdef01234567"}`,
		`{"text":"eyJ is how JSON looks in base64"}`, `{"a":"\ud83d"}`, `{"text":"line\nline \u00e9"}`,
	} {
		if out, kinds := Value([]byte(harmless)); kinds != nil || string(out) != harmless {
			t.Errorf("%s: found %v, became %s", harmless, kinds, out)
		}
	}
}

// escaped spells every letter of the texts of raw as an escape.
func escaped(raw []byte) []byte {
	out := raw
	jsonrpc.Strings(raw, func(at jsonrpc.Span) {
		word := raw[at.Start:at.End]
		var plain string
		if json.Unmarshal(word, &plain) == nil && len(plain) > 9 {
			var b strings.Builder
			for _, r := range plain {
				fmt.Fprintf(&b, `\u%04x`, r)
			}
			out = []byte(strings.Replace(string(out), string(word), `"`+b.String()+`"`, 1))
		}
	})
	return out
}
