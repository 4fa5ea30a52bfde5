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

// TestWhereverItStands: a token is found after whatever may stand in front of it, in JSON
// inside of a text, and spelled by escapes there.
func TestWhereverItStands(t *testing.T) {
	t.Parallel()
	token := "gh" + "p_" + strings.Repeat("aB3", 12)
	var spelled strings.Builder
	for _, r := range token {
		fmt.Fprintf(&spelled, `\\u%04x`, r)
	}
	for _, text := range []string{
		token, "TOKEN_" + token, "x" + token, token + "_x", `{\"a\":\"line\\n` + token + `\"}`, `{\"a\":\"` + spelled.String() + `\"}`, `\\t` + token + `\\r`,
	} {
		out, kinds := Value([]byte(`{"text":"` + text + `"}`))
		if len(kinds) != 1 || strings.Contains(string(out), "aB3aB3") || !json.Valid(out) {
			t.Errorf("%s became %s, found %v", text, out, kinds)
		}
	}
	image := []byte(`{"data":"` + strings.Repeat("QUJDRUZH", 1000) + "+/xAIza" + strings.Repeat("aB3xy", 7) + `"}`)
	if _, kinds := Value(image); kinds != nil {
		t.Errorf("base64 holds %v", kinds)
	}
}
