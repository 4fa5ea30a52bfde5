package main

import (
	"bytes"
	"encoding/json"
	"os"
)

// server is an entry in an AI client's MCP settings, in the shape that Claude
// Desktop, Claude Code, Cursor and most others read.
type server struct {
	Command string            `json:"command"`
	Args    []string          `json:"args"`
	Env     map[string]string `json:"env,omitempty"`
}

// clientJSON is what to paste into an AI client to make it start this very
// program. The path is absolute: clients on a desktop have a bare PATH.
func clientJSON(name string, args []string, env map[string]string) string {
	command, err := os.Executable()
	if err != nil {
		command = "ucbridge"
	}
	settings := map[string]map[string]server{"mcpServers": {name: {command, args, env}}}
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(settings); err != nil { // it is only strings
		panic(err)
	}
	return text.String()
}
