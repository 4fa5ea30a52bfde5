#!/usr/bin/env bash
# github.com/bytedance/sonic v1.15.5 and github.com/json-iterator/go v1.1.12: an
# indented answer over stdio
#
# Guess: Marshal puts a json.RawMessage inside without its line breaks, as
#   encoding/json does; jsoniter's config is called compatible with it.
# Behaviour: sonic.Marshal and both configurations of jsoniter copy the raw
#   message byte by byte, line breaks too. sonic.ConfigStd, goccy/go-json and
#   segmentio/encoding take them out.
# Seen: {"result": {<line break> "a": 1 <line break>}} decoded into an envelope
#   with RawMessage members and encoded again: three lines.
# Why it matters: a message of MCP's stdio is a line. A bridge that decodes the
#   envelope of an HTTP server's answer and writes it to stdout works with servers
#   that write compact JSON and breaks the pipe with the first one that indents.
#   Compact the message (json.Compact) or use ConfigStd.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
export GOFLAGS=-mod=mod GOWORK=off GONOSUMDB='github.com/databricks/*'
cat > go.mod <<'EOF'
module probe
go 1.24
require (
	github.com/bytedance/sonic v1.15.5
	github.com/json-iterator/go v1.1.12
	github.com/goccy/go-json v0.12.0
	github.com/segmentio/encoding v0.5.4
)
EOF
cat > main.go <<'EOF'
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"

	"github.com/bytedance/sonic"
	goccy "github.com/goccy/go-json"
	jsoniter "github.com/json-iterator/go"
	segmentio "github.com/segmentio/encoding/json"
)

type envelope struct {
	JSONRPC string          `json:"jsonrpc"`
	ID      json.RawMessage `json:"id,omitempty"`
	Result  json.RawMessage `json:"result,omitempty"`
}

func main() {
	answer := []byte("{\n  \"jsonrpc\": \"2.0\",\n  \"id\": 1,\n  \"result\": {\n    \"a\": 1\n  }\n}\n")
	failed := false
	for _, c := range []struct {
		name      string
		unmarshal func([]byte, any) error
		marshal   func(any) ([]byte, error)
		lines     int
	}{
		{"encoding/json", json.Unmarshal, json.Marshal, 1},
		{"goccy/go-json", func(b []byte, v any) error { return goccy.Unmarshal(b, v) }, goccy.Marshal, 1},
		{"segmentio/encoding", segmentio.Unmarshal, segmentio.Marshal, 1},
		{"sonic.ConfigStd", sonic.ConfigStd.Unmarshal, sonic.ConfigStd.Marshal, 1},
		{"sonic", sonic.Unmarshal, sonic.Marshal, 3},
		{"jsoniter, compatible", jsoniter.ConfigCompatibleWithStandardLibrary.Unmarshal, jsoniter.ConfigCompatibleWithStandardLibrary.Marshal, 3},
		{"jsoniter, default", jsoniter.Unmarshal, jsoniter.Marshal, 3},
	} {
		var message envelope
		err := c.unmarshal(answer, &message)
		var out []byte
		if err == nil {
			out, err = c.marshal(message)
		}
		lines := 1 + strings.Count(string(out), "\n")
		fmt.Printf("%-20s %d line(s): %q\n", c.name, lines, out)
		if lines != c.lines || err != nil {
			fmt.Println("CHANGED: expected lines:", c.lines, "error:", err)
			failed = true
		}
	}
	if failed {
		os.Exit(1)
	}
}
EOF
go mod tidy >tidy.log 2>&1 || { cat tidy.log; exit 1; }
[ "$(go list -m -f '{{.Version}}' github.com/bytedance/sonic)" = v1.15.5 ] || { echo "CHANGED: another version of github.com/bytedance/sonic was chosen"; exit 1; }
[ "$(go list -m -f '{{.Version}}' github.com/json-iterator/go)" = v1.1.12 ] || { echo "CHANGED: another version of github.com/json-iterator/go was chosen"; exit 1; }
[ "$(go list -m -f '{{.Version}}' github.com/goccy/go-json)" = v0.12.0 ] || { echo "CHANGED: another version of github.com/goccy/go-json was chosen"; exit 1; }
[ "$(go list -m -f '{{.Version}}' github.com/segmentio/encoding)" = v0.5.4 ] || { echo "CHANGED: another version of github.com/segmentio/encoding was chosen"; exit 1; }
go run . 2>log.txt || { cat log.txt; exit 1; }
echo "as stated"
