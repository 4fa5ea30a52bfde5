package bridge

import (
	"strings"

	"ucbridge/bridge/jsonrpc"
	"ucbridge/config"
)

// membersOf are members of _meta as messages take them.
func membersOf(presets []config.Preset) []jsonrpc.Member {
	all := make([]jsonrpc.Member, len(presets))
	for i, p := range presets {
		all[i] = jsonrpc.Member{Name: p.Name, Value: []byte(p.Value)}
	}
	return all
}

// headersOf are headers as a transport takes them.
func headersOf(presets []config.Preset) string {
	var lines []string
	for _, p := range presets {
		lines = append(lines, p.Name+": "+p.Value)
	}
	return strings.Join(lines, "\n")
}
