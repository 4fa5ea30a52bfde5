#!/usr/bin/env bash
# github.com/go-json-experiment/json v1.27.2 (the coming encoding/json/v2): the
# empty result of a JSON-RPC answer
#
# Guess: Result jsontext.Value with `json:"result,omitempty"` leaves out a result
#   that is not there, as a RawMessage with the same tag does in encoding/json.
# Behaviour: omitempty of v2 goes by what is written: {} , [], "" and null count
#   as empty, too. An answer with the result {} is written without any result,
#   params {} and the id null vanish likewise. omitzero does what was meant.
# Seen: {"jsonrpc":"2.0","id":1,"result":{}} decoded and encoded:
#   {"jsonrpc":"2.0","id":1}.
# Why it matters: {} is MCP's answer to ping, logging/setLevel and others, and id
#   null is that of an error about an unreadable line. A bridge moved to v2 sends
#   answers that are none: clients refuse them or wait for ever. Both tags look
#   right with every result that has a member.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
export GOFLAGS=-mod=mod GOWORK=off GONOSUMDB='github.com/databricks/*'
cat > go.mod <<'EOF'
module probe
go 1.24
require (
	github.com/go-json-experiment/json v1.27.2
)
EOF
cat > main.go <<'EOF'
package main

import (
	v1 "encoding/json"
	"fmt"
	"os"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

type before struct {
	JSONRPC string        `json:"jsonrpc"`
	ID      v1.RawMessage `json:"id,omitempty"`
	Params  v1.RawMessage `json:"params,omitempty"`
	Result  v1.RawMessage `json:"result,omitempty"`
	Error   v1.RawMessage `json:"error,omitempty"`
}

type after struct {
	JSONRPC string         `json:"jsonrpc"`
	ID      jsontext.Value `json:"id,omitempty"`
	Params  jsontext.Value `json:"params,omitempty"`
	Result  jsontext.Value `json:"result,omitempty"`
	Error   jsontext.Value `json:"error,omitempty"`
}

type cured struct {
	JSONRPC string         `json:"jsonrpc"`
	ID      jsontext.Value `json:"id,omitzero"`
	Params  jsontext.Value `json:"params,omitzero"`
	Result  jsontext.Value `json:"result,omitzero"`
	Error   jsontext.Value `json:"error,omitzero"`
}

func main() {
	failed := false
	for _, c := range []struct{ message, v2 string }{
		{`{"jsonrpc":"2.0","id":1,"result":{"tools":[]}}`, `{"jsonrpc":"2.0","id":1,"result":{"tools":[]}}`},
		{`{"jsonrpc":"2.0","id":1,"result":{}}`, `{"jsonrpc":"2.0","id":1}`},
		{`{"jsonrpc":"2.0","id":1,"params":{}}`, `{"jsonrpc":"2.0","id":1}`},
		{`{"jsonrpc":"2.0","id":null,"error":{"code":-32700}}`, `{"jsonrpc":"2.0","error":{"code":-32700}}`},
	} {
		var b before
		var a, z = after{}, cured{}
		err := v1.Unmarshal([]byte(c.message), &b)
		err2 := json.Unmarshal([]byte(c.message), &a)
		err3 := json.Unmarshal([]byte(c.message), &z)
		if err != nil || err2 != nil || err3 != nil {
			fmt.Println("CHANGED:", err, err2, err3)
			os.Exit(1)
		}
		old, _ := v1.Marshal(b)
		new, _ := json.Marshal(a)
		zero, _ := json.Marshal(z)
		fmt.Printf("%s\n  encoding/json, omitempty: %s\n  v2, omitempty:            %s\n  v2, omitzero:             %s\n", c.message, old, new, zero)
		if string(old) != c.message || string(new) != c.v2 || string(zero) != c.message {
			fmt.Println("CHANGED: expected", c.v2, "from v2 with omitempty, and the message itself from the others")
			failed = true
		}
	}
	if failed {
		os.Exit(1)
	}
}
EOF
go mod tidy >tidy.log 2>&1 || { cat tidy.log; exit 1; }
[ "$(go list -m -f '{{.Version}}' github.com/go-json-experiment/json)" = v1.27.2 ] || { echo "CHANGED: another version of github.com/go-json-experiment/json was chosen"; exit 1; }
go run . 2>log.txt || { cat log.txt; exit 1; }
echo "as stated"
