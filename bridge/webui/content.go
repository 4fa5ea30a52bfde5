package webui

import (
	"bytes"
	"cmp"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// Answer is what a call brought, as a page shows it.
type Answer struct {
	// Failed says that the tool itself calls the result an error.
	Failed bool
	Blocks []Block
	// Raw is the whole message, indented.
	Raw string
	// Took is how long it took, for people.
	Took string
}

// Block is one piece of a result. Image is a data: address, "" where Text is all.
type Block struct {
	Label string
	Text  string
	Image string
	// Cut says that there was more text.
	Cut bool
}

// maxText is how much text, in bytes, a page shows of one piece, maxImage how
// large a picture in base64 may be to be shown.
const (
	maxText  = 256 << 10
	maxImage = 4 << 20
)

// result is a CallToolResult (MCP, Tools, "Tool Result").
type result struct {
	Content           []json.RawMessage
	StructuredContent json.RawMessage
	IsError           bool
}

// piece is one element of its content. Which members count, its type says.
type piece struct {
	Type                          string
	Text, Data, MIMEType          string
	URI, Name, Title, Description string
	Resource                      struct {
		URI, MIMEType string
		Text          *string
		Blob          string
	}
}

// answerOf shows the response to a call.
func answerOf(response, raw []byte) *Answer {
	a := &Answer{}
	a.Raw, _ = cut(indented(response))
	var r result
	if json.Unmarshal(raw, &r) != nil {
		return a
	}
	a.Failed = r.IsError
	structured := jsontext.Value(bytes.Clone(r.StructuredContent))
	known := structured.Canonicalize() == nil
	for _, c := range r.Content {
		if !known || !repeats(c, structured) {
			a.Blocks = append(a.Blocks, blockOf(c))
		}
	}
	if r.StructuredContent != nil && string(r.StructuredContent) != "null" {
		a.Blocks = append(a.Blocks, textBlock("structured content", indented(r.StructuredContent)))
	}
	return a
}

// blockOf shows one piece; one of an unknown type as the JSON that it is.
func blockOf(raw json.RawMessage) Block {
	var p piece
	if json.Unmarshal(raw, &p) != nil {
		return textBlock("", indented(raw))
	}
	switch p.Type {
	case "text":
		return textBlock("", readable(p.Text))
	case "image":
		return dataBlock(p.Data, p.MIMEType, "")
	case "audio":
		return textBlock("", "audio, "+sized(p.Data, p.MIMEType))
	case "resource_link":
		return textBlock("link to a resource", strings.Join([]string{cmp.Or(p.Title, p.Name), p.Description, p.URI}, "\n"))
	case "resource":
		if p.Resource.Text != nil {
			return textBlock(p.Resource.URI, readable(*p.Resource.Text))
		}
		return dataBlock(p.Resource.Blob, p.Resource.MIMEType, p.Resource.URI)
	}
	return textBlock("", indented(raw))
}

func textBlock(label, text string) Block {
	b := Block{Label: label}
	b.Text, b.Cut = cut(text)
	return b
}

// dataBlock shows a picture of a kind that browsers show without running anything
// of it, and says of other data what it is.
func dataBlock(data, kind, label string) Block {
	switch kind {
	case "image/png", "image/jpeg", "image/gif", "image/webp":
		if len(data) > maxImage {
			break
		}
		if picture, err := base64.StdEncoding.DecodeString(data); err == nil {
			return Block{Label: label, Image: "data:" + kind + ";base64," + base64.StdEncoding.EncodeToString(picture)}
		}
	}
	return textBlock(label, sized(data, kind))
}

func sized(data, kind string) string {
	return fmt.Sprintf("%d bytes of %s", base64.RawStdEncoding.DecodedLen(len(strings.TrimRight(data, "="))), cmp.Or(kind, "an unknown type"))
}

// readable indents text that is JSON, as many tools answer.
func readable(text string) string {
	if v := jsontext.Value(text); v.IsValid() && (v.Kind() == '{' || v.Kind() == '[') {
		return indented(v)
	}
	return text
}

// maxIndent is how much room, in bytes, may be spent on indenting: a few deeply
// nested lists would otherwise take more than there is.
const maxIndent = 4 * maxText

// indented spreads JSON over lines; numbers and strings stay as they are spelled.
func indented(raw []byte) string {
	var b bytes.Buffer
	if indent(raw) > maxIndent || json.Indent(&b, raw, "", "  ") != nil {
		return string(raw)
	}
	return b.String()
}

// indent is how much json.Indent would add to raw, or a little more.
func indent(raw []byte) int {
	added, depth, quoted := 0, 0, false
	for i := 0; i < len(raw); i++ {
		switch c := raw[i]; {
		case c == '"':
			quoted = !quoted
		case quoted && c == '\\':
			i++
		case quoted:
		case c == '{', c == '[':
			depth++
			added += 1 + 2*depth
		case c == '}', c == ']':
			depth = max(0, depth-1)
			added += 1 + 2*depth
		case c == ',':
			added += 1 + 2*depth
		case c == ':':
			added++
		}
	}
	return added
}

// repeats reports whether a piece is text that holds the same JSON value, of which
// the canonical form is given.
func repeats(raw json.RawMessage, structured jsontext.Value) bool {
	var p piece
	if json.Unmarshal(raw, &p) != nil || p.Type != "text" {
		return false
	}
	said := jsontext.Value(p.Text)
	return said.Canonicalize() == nil && bytes.Equal(said, structured)
}

func cut(text string) (string, bool) {
	if len(text) <= maxText {
		return text, false
	}
	return strings.ToValidUTF8(text[:maxText], ""), true
}
