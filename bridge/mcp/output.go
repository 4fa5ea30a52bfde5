package mcp

import (
	"fmt"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"ucbridge/bridge/jsonrpc"
)

// WithText returns an answer to tools/call in which a result without content has its
// structured content as text (2025-06-18, Tools, "Structured Content": servers SHOULD
// do so). Any other answer is returned as it is.
func WithText(answer jsonrpc.Message) []byte {
	structured := jsonrpc.Value(answer.Result, "structuredContent")
	if structured == nil || string(structured) == "null" || len(jsonrpc.Elements(jsonrpc.Value(answer.Result, "content"))) > 0 {
		return answer.Raw
	}
	return jsonrpc.Set(answer.Raw, fmt.Appendf(nil, "[%s]", TextBlock(string(structured))), "result", "content")
}

// TextBlock is a block of content that is text.
func TextBlock(text string) []byte {
	quoted, err := jsontext.AppendQuote(nil, strings.ToValidUTF8(text, "\ufffd"))
	if err != nil { // there is no other error than bytes that are not UTF-8
		panic(err)
	}
	return fmt.Appendf(nil, `{"type":"text","text":%s}`, quoted)
}
