package front

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
)

// metaSubscription is the member of _meta that names a subscription by the id of
// the request that began it (2026-07-28).
const metaSubscription = "io.modelcontextprotocol/subscriptionId"

// message is a JSON-RPC message and what decides its way.
type message struct {
	raw    []byte
	ID     json.RawMessage `json:"id"`
	Method string          `json:"method"`
	Params json.RawMessage `json:"params"`
	Error  *struct {
		Code int `json:"code"`
	} `json:"error"`
	params
}

// params are the members of "params" that decide a message's way.
type params struct {
	RequestID     json.RawMessage `json:"requestId"`     // of notifications/cancelled
	ProgressToken json.RawMessage `json:"progressToken"` // of notifications/progress
	Meta          struct {
		Version       json.RawMessage `json:"io.modelcontextprotocol/protocolVersion"`
		Subscription  json.RawMessage `json:"io.modelcontextprotocol/subscriptionId"`
		ProgressToken json.RawMessage `json:"progressToken"` // of a request
	} `json:"_meta"`
}

// parse reads one message. Line breaks in it, which can only be between its
// tokens, become spaces: on stdio they would end it.
func parse(raw []byte) (message, error) {
	m := message{raw: bytes.Map(func(r rune) rune {
		if r == '\n' || r == '\r' {
			return ' '
		}
		return r
	}, raw)}
	if err := json.Unmarshal(m.raw, &m); err != nil {
		return m, fmt.Errorf("reading a message: %w", err)
	}
	// Params of another shape have none of the members, and are the program's matter.
	_ = json.Unmarshal(m.Params, &m.params)
	return m, nil
}

func (m message) request() bool  { return m.Method != "" && m.ID != nil }
func (m message) response() bool { return m.Method == "" }

// version returns the protocol version that a request names in _meta.
func (m message) version() (v string) {
	_ = json.Unmarshal(m.Meta.Version, &v) // anything but a string is none
	return v
}

// status is the HTTP status of an error, as 2026-07-28 has it (Transports,
// "Streamable HTTP").
func (m message) status() int {
	switch m.Error.Code {
	case -32601:
		return http.StatusNotFound
	case -32602, -32020, -32021, -32022:
		return http.StatusBadRequest
	}
	return http.StatusOK
}

// with returns a message with the member at path replaced, and all other values
// as they were. Where the path leads nowhere nothing changes.
func with(raw []byte, value json.RawMessage, path ...string) []byte {
	if len(path) == 0 {
		return value
	}
	var members map[string]json.RawMessage
	if json.Unmarshal(raw, &members) != nil || members[path[0]] == nil {
		return raw
	}
	members[path[0]] = with(members[path[0]], value, path[1:]...)
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	if encoder.Encode(members) != nil {
		return raw
	}
	return bytes.TrimSpace(out.Bytes())
}

// refuse answers a request that never reached the program.
func refuse(w http.ResponseWriter, status, code int, why string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string]any{ // the client is gone if this fails
		"jsonrpc": "2.0",
		"error":   map[string]any{"code": code, "message": why},
	})
}
