package jsonrpc

// Error codes of JSON-RPC 2.0 (section 5.1), the only ones the bridge answers
// with in its own name: MCP reserves -32000..-32099 to peers and to itself.
const (
	CodeParse          = -32700
	CodeInvalidRequest = -32600
	CodeMethodNotFound = -32601
	CodeInternal       = -32603
)

// ErrorResponse returns the error response to the request with that id; body is
// the error member. With a nil id the member is left out, as MCP wants where the
// id is unknown.
func ErrorResponse(id ID, body []byte) []byte {
	raw := make([]byte, 0, len(body)+len(id)+32)
	raw = append(raw, `{"jsonrpc":"2.0",`...)
	if id != nil {
		raw = append(raw, `"id":`...)
		raw = append(raw, id...)
		raw = append(raw, ',')
	}
	raw = append(raw, `"error":`...)
	raw = append(raw, body...)
	return append(raw, '}')
}
