// Package redact finds secrets that can be told by their form, and puts the name of
// their kind in their place. Every other byte stays.
package redact

import (
	"bytes"
	"slices"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"ucbridge/bridge/jsonrpc"
	"ucbridge/bridge/lazyregexp"
)

// anyMark reports whether a text may hold a secret of any kind.
func anyMark(text []byte) bool {
	return slices.ContainsFunc(shapes, func(s shapeOf) bool {
		return slices.ContainsFunc(s.marks, func(mark string) bool { return bytes.Contains(text, []byte(mark)) })
	})
}

// mayHold reports whether JSON may hold a secret: it holds a mark, or an escape by which
// one could be spelled.
func mayHold(raw []byte) bool { return bytes.Contains(raw, []byte(`\u`)) || anyMark(raw) }

// Value returns a JSON value with the secrets in its texts replaced by their kind,
// and the kinds found; raw itself where there are none. Texts are looked at as
// they decode. Every other byte stays.
func Value(raw []byte) ([]byte, []string) {
	if !mayHold(raw) {
		return raw, nil
	}
	var e edit
	jsonrpc.Strings(raw, func(at jsonrpc.Span) { e.mask(raw, at) })
	return e.end(raw)
}

// Message is Value for all texts but those of which keep says that they must stay. path
// has the names of the members on the way to the text, the innermost last; it must not be
// held. Names of members are texts that need not stay.
func Message(raw []byte, keep func(path []string) bool) ([]byte, []string) {
	if !mayHold(raw) {
		return raw, nil
	}
	w := walk{raw: raw, keep: keep, tokens: jsontext.NewDecoder(bytes.NewReader(raw), jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))}
	if w.value() != nil { // not with what was read before
		return Value(raw)
	}
	return w.edit.end(raw)
}

// walk is a message while its texts are looked at.
type walk struct {
	raw    []byte
	keep   func(path []string) bool
	tokens *jsontext.Decoder
	path   []string
	edit   edit
}

func (w *walk) value() error {
	switch w.tokens.PeekKind() {
	case '"':
		_, err := w.text(w.keep(w.path))
		return err
	case '[':
		if _, err := w.tokens.ReadToken(); err != nil {
			return err
		}
		for w.tokens.PeekKind() != ']' {
			if err := w.value(); err != nil {
				return err
			}
		}
	case '{':
		if _, err := w.tokens.ReadToken(); err != nil {
			return err
		}
		for w.tokens.PeekKind() != '}' {
			if err := w.member(); err != nil {
				return err
			}
		}
	}
	_, err := w.tokens.ReadToken() // a number, a literal, an end
	return err
}

func (w *walk) member() error {
	quoted, err := w.text(false)
	if err != nil {
		return err
	}
	name, _ := jsontext.AppendUnquote(nil, quoted) // as far as it can be read
	w.path = append(w.path, string(name))
	defer func() { w.path = w.path[:len(w.path)-1] }()
	return w.value()
}

// text looks at the next string, unless it is to be kept, and returns it.
func (w *walk) text(kept bool) (quoted []byte, err error) {
	quoted, err = w.tokens.ReadValue()
	if err != nil || kept {
		return quoted, err
	}
	end := int(w.tokens.InputOffset())
	w.edit.mask(w.raw, jsonrpc.Span{Start: end - len(quoted), End: end})
	return quoted, nil
}

// edit is what becomes of a value while its texts are looked at, in their order.
type edit struct {
	out   []byte
	from  int // what stands before is in out
	kinds []string
}

func (e *edit) mask(raw []byte, at jsonrpc.Span) {
	plain, found := maskText(raw[at.Start:at.End])
	if found == nil {
		return
	}
	for _, kind := range found {
		if !slices.Contains(e.kinds, kind) {
			e.kinds = append(e.kinds, kind)
		}
	}
	e.out = append(append(e.out, raw[e.from:at.Start]...), plain...)
	e.from = at.End
}

func (e *edit) end(raw []byte) ([]byte, []string) {
	if e.kinds == nil {
		return raw, nil
	}
	return append(e.out, raw[e.from:]...), e.kinds
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

// Text masks a text, and returns the kinds found. A text may be JSON in its turn, in
// which a secret is spelled by escapes.
func Text(text string) (masked string, kinds []string) {
	masked, kinds = maskPlain(text)
	if !strings.Contains(masked, `\u`) {
		return masked, kinds
	}
	again, more := maskPlain(unescape(masked))
	if more == nil {
		return masked, kinds
	}
	return again, append(kinds, more...)
}

func maskPlain(text string) (masked string, kinds []string) {
	if len(text) < minSecret {
		return text, nil
	}
	for _, s := range shapes {
		if !s.marked(text) {
			continue
		}
		next := s.form().ReplaceAllString(text, "${1}["+s.kind+" masked by ucbridge]")
		if next != text {
			kinds = append(kinds, s.kind)
		}
		text = next
	}
	return text, kinds
}

var escapes = lazyregexp.New(`\\u00[2-7][0-9A-Fa-f]`)

// unescape writes letters, digits and what else secrets are made of as they are.
func unescape(text string) string {
	return escapes().ReplaceAllStringFunc(text, func(escape string) string {
		c, err := strconv.ParseUint(escape[2:], 16, 8)
		if err != nil || c == '"' || c == '\\' || c == 0x7f {
			return escape
		}
		return string(rune(c))
	})
}
