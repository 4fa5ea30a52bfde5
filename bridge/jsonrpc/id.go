package jsonrpc

import (
	"bytes"
	"strconv"
)

// ID is a request id as its raw JSON bytes (`7`, `"a"`, `9007199254740993`), nil
// where a message has none. It is never decoded: numbers beyond 2^53 survive.
type ID []byte

// Is reports whether both ids are the same bytes.
func (id ID) Is(other ID) bool { return bytes.Equal(id, other) }

// Rounds reports whether other is what id becomes in a peer that reads ids as
// float64 (9007199254740993 comes back as 9007199254740992) or that spells the
// same number differently (1.0 for 1).
func (id ID) Rounds(other ID) bool {
	if len(id) == 0 || len(other) == 0 || id[0] == '"' || other[0] == '"' {
		return false
	}
	a, errA := strconv.ParseFloat(string(id), 64)
	b, errB := strconv.ParseFloat(string(other), 64)
	return errA == nil && errB == nil && a == b
}

// IsNull reports whether the id is the literal null, which MCP does not allow.
func (id ID) IsNull() bool { return string(id) == "null" }
