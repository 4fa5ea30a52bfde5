package main

import (
	"bytes"
	"encoding/json"

	"ucbridge/cmd/internal/aiclient"
)

// clientJSON is what to paste into an AI client, in the shape that Claude Desktop,
// Claude Code, Cursor and most others read.
func clientJSON(name string, server aiclient.Server) string {
	settings := map[string]map[string]aiclient.Server{"mcpServers": {name: server}}
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(settings); err != nil { // it is only strings
		panic(err)
	}
	return text.String()
}
