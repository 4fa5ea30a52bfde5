// Package redact finds secrets that can be told by their form, and puts the name of
// their kind in their place. Every other byte stays.
package redact

import (
	"bytes"
	"slices"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"ucbridge/bridge/jsonrpc"
)

// anyMark reports whether a text may hold a secret of any kind.
func anyMark(text []byte) bool {
	return slices.ContainsFunc(shapes, func(s shapeOf) bool {
		return slices.ContainsFunc(s.marks, func(mark string) bool { return bytes.Contains(text, []byte(mark)) })
	})
}

// mask returns a JSON value with the secrets in its texts replaced by their kind,
// and the kinds found; raw itself where there are none. Texts are looked at as
// they decode. Every other byte stays.
func Value(raw []byte) ([]byte, []string) {
	escaped := bytes.Contains(raw, []byte(`\`)) // an escape may hide a mark
	if !escaped && !anyMark(raw) {
		return raw, nil
	}
	var kinds []string
	var out []byte
	from := 0
	jsonrpc.Strings(raw, func(at jsonrpc.Span) {
		plain, found := maskText(raw[at.Start:at.End])
		if found == nil {
			return
		}
		for _, kind := range found {
			if !slices.Contains(kinds, kind) {
				kinds = append(kinds, kind)
			}
		}
		out = append(append(out, raw[from:at.Start]...), plain...)
		from = at.End
	})
	if kinds == nil {
		return raw, nil
	}
	return append(out, raw[from:]...), kinds
}

// maskText masks one JSON string and returns it as one, with the kinds found.
func maskText(quoted []byte) ([]byte, []string) {
	text := quoted[1 : len(quoted)-1]
	if bytes.IndexByte(text, '\\') >= 0 {
		plain, err := jsontext.AppendUnquote(nil, quoted)
		if err != nil && plain == nil {
			return nil, nil
		}
		text = plain
	}
	masked, kinds := Text(string(text))
	if kinds == nil {
		return nil, nil
	}
	out, err := jsontext.AppendQuote(nil, strings.ToValidUTF8(masked, "\uFFFD"))
	if err != nil { // it is valid UTF-8 now
		panic(err)
	}
	return out, kinds
}

// minSecret is how long a secret is at least, of any shape.
const minSecret = 15

// maskPlain masks a text, and returns the kinds found.
func Text(text string) (masked string, kinds []string) {
	if len(text) < minSecret {
		return text, nil
	}
	for _, s := range shapes {
		if !s.marked(text) {
			continue
		}
		next := s.form().ReplaceAllLiteralString(text, "["+s.kind+" masked by ucbridge]")
		if next != text {
			kinds = append(kinds, s.kind)
		}
		text = next
	}
	return text, kinds
}

// maskAt returns a message of the server with its secrets masked.
func Places(raw []byte, places [][]string) ([]byte, []string) {
	var all []string
	for _, path := range places {
		at, ok := jsonrpc.Find(raw, path...)
		if !ok {
			continue
		}
		value, kinds := Value(raw[at.Start:at.End])
		if kinds != nil {
			raw, all = jsonrpc.Splice(raw, at, value), append(all, kinds...)
		}
	}
	return raw, all
}
