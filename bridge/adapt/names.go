package adapt

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"

	"ucbridge/bridge/jsonrpc"
	"ucbridge/bridge/quirks"
)

// names gives tools names that stay apart in a client's spelling. A tool keeps the name
// that it was given first for as long as the client stays.
type names struct {
	spelling quirks.Spelling
	byServer map[string]string // by the server's name, the one that the client knows
	byClient map[string][]byte // the server's name as it stands in JSON, by another one that the client knows
	owners   map[string]string // the server's name, by the spelling that it has
}

func newNames(s quirks.Spelling) names {
	return names{s, make(map[string]string), make(map[string][]byte), make(map[string]string)}
}

// given returns an answer to tools/list with the names that the client knows, and which
// of the server's were given another one just now.
func (n *names) given(raw []byte) (renamed []byte, told []string) {
	tools, found := jsonrpc.Find(raw, "result", "tools")
	if !found || n.spelling == (quirks.Spelling{}) {
		return raw, nil
	}
	elements, changed := jsonrpc.Elements(raw[tools.Start:tools.End]), false
	for i, tool := range elements {
		name := jsonrpc.Text(tool, "name")
		_, known := n.byServer[name]
		given := n.give(name)
		if given == name {
			continue
		}
		if !known {
			n.byClient[given] = bytes.Clone(jsonrpc.Value(tool, "name"))
			told = append(told, name)
		}
		quoted, _ := json.Marshal(given) // a string can be encoded
		elements[i], changed = jsonrpc.Set(tool, quoted, "name"), true
	}
	if !changed {
		return raw, nil
	}
	return jsonrpc.Splice(raw, tools, append(append([]byte{'['}, bytes.Join(elements, []byte{','})...), ']')), told
}

// give returns the client's name of a tool. Another one than the server's ends with a
// part of its hash, so that it is the same in each session.
func (n *names) give(name string) string {
	if given, known := n.byServer[name]; known {
		return given
	}
	given := name
	for i := 0; n.owners[n.spelling.Of(given)] != ""; i++ {
		sum := sha256.Sum256(fmt.Appendf(nil, "%d %s", i, name))
		given = name + "_" + hex.EncodeToString(sum[:2])
	}
	n.owners[n.spelling.Of(given)], n.byServer[name] = name, given
	return given
}

// restored returns a call with the name that the server knows.
func (n *names) restored(call jsonrpc.Message) jsonrpc.Message {
	name, renamed := n.byClient[jsonrpc.Text(call.Params, "name")]
	if !renamed {
		return call
	}
	return own(jsonrpc.Set(call.Raw, name, "params", "name"))
}
