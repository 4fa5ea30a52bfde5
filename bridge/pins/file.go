package pins

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"

	"ucbridge/bridge/atomicfile"
)

func encode(v any) ([]byte, error) {
	var raw bytes.Buffer
	encoder := json.NewEncoder(&raw)
	encoder.SetEscapeHTML(false)
	err := encoder.Encode(v)
	return raw.Bytes(), err
}

func readPinned(name string) (pinned, error) {
	raw, err := os.ReadFile(name)
	if err != nil {
		return pinned{}, fmt.Errorf("reading pins: %w", err)
	}
	var content pinned
	if err := json.Unmarshal(raw, &content); err != nil {
		return pinned{}, fmt.Errorf("reading pins: %s: %w", name, err)
	}
	return content, nil
}

// pinned is the content of the file.
type pinned struct {
	Place string `json:"place"`
	// Known are the approved definitions, Changed those that came later and wait for
	// approval; both by kind and name, as in "tool create_issue".
	Known   map[string]Pin `json:"known"`
	Changed map[string]Pin `json:"changed,omitempty"`
}

func writePinned(name string, content pinned) error {
	raw, err := encode(content)
	if err != nil {
		return fmt.Errorf("writing pins: %w", err)
	}
	return atomicfile.Write(name, raw)
}
