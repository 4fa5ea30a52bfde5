package mcp

import (
	"fmt"

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
	text, err := jsontext.AppendQuote(nil, structured)
	if err != nil { // lone surrogates stand escaped in it, which is no fault of the text
		panic(err)
	}
	return jsonrpc.Set(answer.Raw, fmt.Appendf(nil, `[{"type":"text","text":%s}]`, text), "result", "content")
}
