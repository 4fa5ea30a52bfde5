package jsonrpc

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

// TestParseEveryByte has each byte at every place of the words that the scanner reads at
// once, alone, behind a backslash and behind two, in front of a long and of a short rest.
func TestParseEveryByte(t *testing.T) {
	for lead := range 34 {
		for _, rest := range []string{"", strings.Repeat(`b\n`, 12)} {
			for c := range 256 {
				for _, front := range []string{"", `\`, `\\`} {
					raw := slices.Concat([]byte(`{"jsonrpc":"2.0","method":"`), []byte(strings.Repeat("a", lead)+front), []byte{byte(c)}, []byte(rest+`"}`))
					_, err := Parse(raw)
					_, refused := errors.AsType[*SyntaxError](err)
					if valid := json.Valid(raw) && utf8.Valid(raw); valid == refused {
						t.Fatalf("%q: valid JSON is %v, err = %v", raw, valid, err)
					}
				}
			}
		}
	}
}
