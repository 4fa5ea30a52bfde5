package main

import (
	_ "embed"
	"encoding/json"
	"fmt"
)

// manifestJSON is the manifest of an MCPB bundle, version 0.3, but for what
// differs between releases and platforms:
// https://github.com/modelcontextprotocol/mcpb/blob/main/MANIFEST.md
//
// What a user may leave empty has "" as its default: a client puts that into the
// variable, which then counts as not set. Without a default the variable would
// hold the text "${user_config.profile}" (src/shared/config.ts there), and as an
// argument of its own even with one. Nothing is required, as there are several ways
// to name a target.
//
//go:embed manifest.json
var manifestJSON []byte

// mcpbPlatforms are the names that MCPB has for Go's GOOS: those of Node. It has
// none for processors, hence one bundle for each.
var mcpbPlatforms = map[string]string{"darwin": "darwin", "linux": "linux", "windows": "win32"}

// manifest is the manifest of a platform's bundle.
func (r release) manifest(p platform) ([]byte, error) {
	var manifest map[string]any
	if err := json.Unmarshal(manifestJSON, &manifest); err != nil {
		return nil, fmt.Errorf("reading manifest.json: %w", err)
	}
	system, ok := mcpbPlatforms[p.os]
	if !ok {
		return nil, fmt.Errorf("MCPB does not know %s", p.os)
	}
	manifest["version"] = r.version
	manifest["description"] = summary
	manifest["homepage"] = r.repository.url()
	manifest["repository"] = map[string]any{"type": "git", "url": r.repository.url() + ".git"}
	manifest["compatibility"] = map[string]any{"platforms": []string{system}}
	server := manifest["server"].(map[string]any)
	server["entry_point"] = "server/" + p.executable()
	server["mcp_config"].(map[string]any)["command"] = "${__dirname}/server/" + p.executable()
	return indented(manifest)
}

// indented is JSON for people to read.
func indented(v any) ([]byte, error) {
	text, err := json.MarshalIndent(v, "", "  ")
	return append(text, '\n'), err
}
