package mcp

import (
	"bytes"
	"strings"

	"ucbridge/bridge/jsonrpc"
)

// SetMeta returns a message with members in params._meta of each tools/call in it, in
// place of those that are there; m itself where it holds no call. A call whose params are
// no object stays as it is: no server takes it.
func SetMeta(m jsonrpc.Message, members []jsonrpc.Member) jsonrpc.Message {
	if len(members) == 0 || !bytes.Contains(m.Raw, []byte("tools")) {
		return m
	}
	var raw []byte
	if m.Batch == nil {
		raw = withMeta(m, members)
	} else {
		raw = []byte{'['}
		for i, one := range m.Batch {
			if i > 0 {
				raw = append(raw, ',')
			}
			raw = append(raw, withMeta(one, members)...)
		}
		raw = append(raw, ']')
	}
	if bytes.Equal(raw, m.Raw) {
		return m
	}
	set, err := jsonrpc.Parse(raw)
	if err != nil { // members are JSON
		panic(err)
	}
	return set
}

func withMeta(m jsonrpc.Message, members []jsonrpc.Member) []byte {
	if m.Method != CallTool {
		return m.Raw
	}
	raw := m.Raw
	if meta := m.Field("_meta"); meta != nil && meta[0] != '{' { // null, as some clients write it
		raw = jsonrpc.Set(raw, []byte(`{}`), "params", "_meta")
	}
	for _, member := range members {
		raw = jsonrpc.Set(raw, member.Value, "params", "_meta", member.Name)
	}
	return raw
}

// IsPresettable reports whether a member of _meta may be set for a client: those of the
// protocol are the client's and the bridge's own.
func IsPresettable(name string) bool {
	switch name {
	case "", "progressToken", "traceparent", "tracestate", "baggage":
		return false
	}
	prefix, _, _ := strings.Cut(name, "/")
	labels := strings.Split(prefix, ".")
	// Prefixes whose second label is one of these are reserved (2025-06-18, Basic, "_meta").
	return !strings.Contains(name, "/") || len(labels) < 2 || labels[1] != "modelcontextprotocol" && labels[1] != "mcp"
}
