package adapt

import (
	"bytes"
	"cmp"
	"encoding/json"
	"slices"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"ucbridge/bridge/jsonrpc"
	"ucbridge/bridge/mcp"
)

// result is what the client gets of a call.
func (c *Client) result(answer jsonrpc.Message) []byte {
	raw := answer.Raw
	if c.quirks.TextOnly {
		raw = mcp.WithText(answer)
	}
	if c.quirks.ReadsText {
		raw = withObject(raw)
	}
	if c.quirks.StructuredAlone {
		raw = withContent(raw)
	}
	if c.quirks.WordsAndPictures {
		raw = withWords(raw)
	}
	return raw
}

// structured is the structured content of an answer, nil for none.
func structured(raw []byte) []byte {
	value := jsonrpc.Value(raw, "result", "structuredContent")
	if string(value) == "null" {
		return nil
	}
	return value
}

func content(raw []byte) [][]byte {
	return jsonrpc.Elements(jsonrpc.Value(raw, "result", "content"))
}

// withObject returns an answer to tools/call in which a text that is JSON, but not of an
// object, has an empty object beside it. The text stays what the model reads.
func withObject(raw []byte) []byte {
	blocks := content(raw)
	if len(blocks) == 0 || jsonrpc.Text(blocks[0], "type") != "text" || structured(raw) != nil {
		return raw
	}
	text := strings.TrimLeft(jsonrpc.Text(blocks[0], "text"), " \t\r\n")
	if strings.HasPrefix(text, "{") || !json.Valid([]byte(text)) {
		return raw
	}
	return jsonrpc.Set(raw, []byte("{}"), "result", "structuredContent")
}

// withContent returns an answer to tools/call whose structured content is a text among the
// rest, where the client would show that alone and something else would be lost: pictures,
// links, sounds and files, and the words of a call that has failed.
func withContent(raw []byte) []byte {
	value := structured(raw)
	if value == nil {
		return raw
	}
	blocks := content(raw)
	more := slices.ContainsFunc(blocks, func(block []byte) bool { return jsonrpc.Text(block, "type") != "text" })
	failed := string(jsonrpc.Value(raw, "result", "isError")) == "true"
	if !more && !failed {
		return raw
	}
	told, whole := false, canonical(value)
	for _, block := range blocks {
		if jsonrpc.Text(block, "type") != "text" {
			continue
		}
		if text := canonical([]byte(jsonrpc.Text(block, "text"))); text != nil && bytes.Equal(text, whole) {
			told = true
		} else {
			more = true
		}
	}
	if !more {
		return raw
	}
	if !told {
		raw = jsonrpc.Append(raw, mcp.TextBlock(string(value)), "result", "content")
	}
	return jsonrpc.Remove(raw, "result", "structuredContent")
}

// canonical is the one spelling of a JSON value (RFC 8785), but for integers, which keep all
// of their digits; nil for what is none.
func canonical(text []byte) []byte {
	value := jsontext.Value(bytes.Clone(text))
	if value.Canonicalize(jsontext.CanonicalizeRawInts(false)) != nil {
		return nil
	}
	return value
}

// withWords returns an answer to tools/call in which a text follows for each link, sound and
// file, which the client leaves out without a word.
func withWords(raw []byte) []byte {
	var told [][]byte
	for _, block := range content(raw) {
		if words := wordsFor(block); words != "" {
			told = append(told, mcp.TextBlock(words))
		}
	}
	if told == nil {
		return raw
	}
	return jsonrpc.Append(raw, bytes.Join(told, []byte(",")), "result", "content")
}

// wordsFor names what is in a block that is neither text nor a picture, "" for others.
func wordsFor(block []byte) string {
	kind, about := "", block
	switch jsonrpc.Text(block, "type") {
	case "resource_link":
		kind = "a link"
	case "audio":
		kind = "a sound"
	case "resource":
		if about = jsonrpc.Value(block, "resource"); jsonrpc.Value(about, "blob") == nil {
			return "" // it is text
		}
		kind = "a file"
	default:
		return ""
	}
	words := "The result holds " + kind + ", which this client does not show: "
	var facts []string
	for _, member := range []string{"name", "uri", "mimeType", "description"} {
		if fact := jsonrpc.Text(about, member); fact != "" {
			facts = append(facts, fact)
		}
	}
	return words + cmp.Or(strings.Join(facts, ", "), "nothing is said about it") + "."
}
