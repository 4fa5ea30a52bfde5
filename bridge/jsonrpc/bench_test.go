package jsonrpc

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// BenchmarkParse reads a small message, and answers of 8 MiB: plain text, text
// with escapes, source code, whose escapes no processor can foresee, and many small values.
func BenchmarkParse(b *testing.B) {
	answer := func(value string) []byte {
		return []byte(`{"jsonrpc":"2.0","id":1,"result":{"content":[{"type":"text","text":` + value + `}]}}`)
	}
	const large = 8 << 20
	line := `if err != nil {\n\treturn fmt.Errorf(\"reading %q: %w\", name, err)\n}\n`
	records := `{"id":12345,"name":"a name","ok":true,"score":1.25e3},`
	for name, raw := range map[string][]byte{
		"small":   []byte(`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"echo","arguments":{"text":"hello"},"_meta":{"progressToken":1}}}`),
		"text":    answer(`"` + strings.Repeat("a", large) + `"`),
		"escapes": answer(`"` + strings.Repeat(line, large/len(line)) + `"`),
		"source":  answer(source(b, large)),
		"umlauts": answer(`"` + strings.Repeat(`Die Straße nach Zürich ist länger, als \"man\" denkt.\n`, large/58) + `"`),
		"unicode": answer(`"` + strings.Repeat("Zürich – 東京 ", large/20) + `"`),
		"records": answer(`[` + strings.TrimSuffix(strings.Repeat(records, large/len(records)), ",") + `]`),
	} {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(raw)))
			for b.Loop() {
				if _, err := Parse(raw); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	b.Run("copy", func(b *testing.B) { // what the machine can do at best
		raw, to := make([]byte, large), make([]byte, large)
		b.SetBytes(large)
		for b.Loop() {
			copy(to, raw)
		}
	})
}

// source returns source files of so many bytes as a JSON string.
func source(b *testing.B, size int) string {
	files, err := filepath.Glob("../*/*.go")
	if err != nil {
		b.Fatal(err)
	}
	var text strings.Builder
	for i := 0; text.Len() < size; i++ {
		file, err := os.ReadFile(files[i%len(files)])
		if err != nil {
			b.Fatal(err)
		}
		text.Write(file)
	}
	quoted, err := json.Marshal(text.String())
	if err != nil {
		b.Fatal(err)
	}
	return string(quoted)
}
