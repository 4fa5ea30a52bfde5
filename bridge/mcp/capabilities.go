package mcp

import "ucbridge/bridge/jsonrpc"

// TrimCapabilities returns an initialize without the client capabilities sampling,
// roots and elicitation by form, none of which works where answers come whole: a
// server's request would reach the client only together with the answer that waits
// for it. Elicitation by URL stays, since it needs no answer in time. An empty
// elicitation object means form alone (2025-11-25, Elicitation, "Capabilities").
func TrimCapabilities(initialize []byte) []byte {
	for _, name := range []string{"sampling", "roots"} {
		initialize = jsonrpc.Remove(initialize, "params", "capabilities", name)
	}
	if jsonrpc.Value(initialize, "params", "capabilities", "elicitation", "url") == nil {
		return jsonrpc.Remove(initialize, "params", "capabilities", "elicitation")
	}
	return jsonrpc.Remove(initialize, "params", "capabilities", "elicitation", "form")
}
