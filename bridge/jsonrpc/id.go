package jsonrpc

import (
	"bytes"
	"math/rand/v2"
	"strconv"
	"sync/atomic"
)

// ID is a request id as its raw JSON bytes (`7`, `"a"`, `9007199254740993`), nil
// where a message has none. It is never decoded: numbers beyond 2^53 survive.
type ID []byte

// firstOwn is where the ids of [OwnID] begin: within 31 bits, which every peer can hold,
// and beyond what clients count to. Another process begins elsewhere.
var firstOwn = 1<<30 + rand.Int64N(1<<29)

var ownIDs atomic.Int64

// OwnID returns an id for a request of the bridge's own: a number, since some servers do
// not answer a text. No two of a process are the same. It is safe for concurrent use.
func OwnID() ID { return strconv.AppendInt(nil, firstOwn+ownIDs.Add(1), 10) }

// Is reports whether both ids are the same bytes.
func (id ID) Is(other ID) bool { return bytes.Equal(id, other) }

// Means reports whether other is id, or what it becomes in a peer that writes the
// same value in another way: a string with other escapes ("req\/1", "\u00e9"), a
// number in another spelling (1.0 for 1) or as a float64 (9007199254740992 for
// 9007199254740993).
func (id ID) Means(other ID) bool {
	switch {
	case id.Is(other):
		return true
	case len(id) == 0 || len(other) == 0 || id[0] == 'n' || other[0] == 'n':
		return false
	case id[0] == '"' && other[0] == '"':
		return unquote(id) == unquote(other)
	case id[0] == '"' || other[0] == '"':
		return false
	}
	return sameNumber(string(id), string(other))
}

// Resembles reports whether other has the text of id in another type, as a peer sends
// it that keeps ids as strings or as numbers ("1" for 1, 1 for "1").
func (id ID) Resembles(other ID) bool {
	if len(id) == 0 || len(other) == 0 || (id[0] == '"') == (other[0] == '"') || id.IsNull() || other.IsNull() {
		return false
	}
	text, number := id, other
	if number[0] == '"' {
		text, number = number, text
	}
	return sameNumber(unquote(text), string(number))
}

func sameNumber(one, other string) bool {
	a, errA := strconv.ParseFloat(one, 64)
	b, errB := strconv.ParseFloat(other, 64)
	return errA == nil && errB == nil && a == b
}

// IsNull reports whether the id is the literal null, which MCP does not allow.
func (id ID) IsNull() bool { return string(id) == "null" }

// Owner returns the place of that of some open requests which a response belongs to,
// -1 for none. Its id decides: the same bytes, else the same value, else the same text
// in another type, as long as that means one request alone. Where nothing but one
// request was asked and the response can be to nothing else, alone says so, and the id
// does not matter: many servers refuse under null, "", 0 or "server-error".
func Owner(open []ID, got ID, alone bool) int {
	for _, same := range []func(ID, ID) bool{ID.Is, ID.Means, ID.Resembles} {
		found, count := -1, 0
		for i, id := range open {
			if same(id, got) {
				found = i
				count++
			}
		}
		if count == 1 {
			return found
		}
	}
	if len(open) == 1 && (alone || got == nil || got.IsNull()) {
		return 0
	}
	return -1
}
