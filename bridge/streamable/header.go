package streamable

import (
	"bytes"
	"encoding/json"
	"maps"
	"net/http"
	"strconv"
	"sync"

	mcpgo "github.com/mark3labs/mcp-go/mcp"

	"ucbridge/bridge/jsonrpc"
	"ucbridge/bridge/mcp"
)

// Headers makes the headers that revision 2026-07-28 wants from the HTTP client of
// a server, out of each request and the tool schemas that were listed before it
// (2026-07-28, Transports, "Standard Request Headers" and "Custom Headers from Tool
// Parameters"). The zero value is ready; it is safe for concurrent use.
type Headers struct {
	mu      sync.Mutex
	schemas map[string][]byte // by tool, of those that ask for headers
}

// headerAnnotation is the schema keyword that asks for a header (SEP-2243).
const headerAnnotation = `"x-mcp-header"`

// Of returns the headers that go with a request. They are read here
// and not by StandardHeaders of mcp-go, which takes names without regard to case and
// leaves a line break in a method.
func (h *Headers) Of(request jsonrpc.Message) map[string]string {
	headers := make(map[string]string)
	set := func(header, text string) {
		if value, ok := mcpgo.EncodeHeaderValue(text); ok && value != "" {
			headers[header] = value
		}
	}
	set(mcpgo.HeaderMethod, request.Method)
	if method, _ := mcp.Lookup(request.Method); method.Header != "" {
		set(mcpgo.HeaderName, jsonrpc.Text(request.Params, method.Header))
	}
	if request.Method == mcp.CallTool {
		if schema := h.schema(jsonrpc.Text(request.Params, "name")); schema != nil {
			maps.Copy(headers, mcpgo.GenerateParamHeaders(&mcpgo.Tool{RawInputSchema: schema}, request.Params))
		}
	}
	return headers
}

// Admit notes the schemas of the tools in an answer to tools/list. It returns the
// answer without the tools whose header annotations are invalid, as an HTTP client
// must (2026-07-28, Tools, "x-mcp-header"); drop hears of each. An answer with none
// of those comes back as it is.
func (h *Headers) Admit(answer jsonrpc.Message, drop func(tool string, err error)) jsonrpc.Message {
	at, ok := jsonrpc.Find(answer.Raw, "result", "tools")
	if !ok {
		return answer
	}
	raw := jsonrpc.Retain(answer.Raw, at, func(tool []byte) bool {
		name, schema := jsonrpc.Text(tool, "name"), jsonrpc.Value(tool, "inputSchema")
		if !bytes.Contains(schema, []byte(headerAnnotation)) {
			h.note(name, nil)
			return true
		}
		schema = onlyObjects(schema)
		if err := mcpgo.ValidateParamHeaderAnnotations(&mcpgo.Tool{RawInputSchema: schema}); err != nil {
			drop(name, err)
			return false
		}
		h.note(name, schema)
		return true
	})
	if len(raw) == len(answer.Raw) {
		return answer
	}
	m, err := jsonrpc.Parse(raw)
	if err != nil { // cannot be: valid elements in a valid frame
		panic(err)
	}
	return m
}

// onlyObjects returns a schema with {} for each property whose schema is true or
// false (JSON Schema 2020-12, Core, 4.3.2), as Go servers list an argument of any
// type. mcp-go reads objects only, and finds no annotation in a schema with one of those.
func onlyObjects(schema []byte) []byte {
	var v map[string]any
	if json.Unmarshal(schema, &v) != nil {
		return schema
	}
	replaceBooleans(v)
	raw, err := json.Marshal(v)
	if err != nil {
		return schema
	}
	return raw
}

func replaceBooleans(schema map[string]any) {
	properties, _ := schema["properties"].(map[string]any)
	for name, property := range properties {
		switch property := property.(type) {
		case bool:
			properties[name] = struct{}{}
		case map[string]any:
			replaceBooleans(property)
		}
	}
}

// IsMismatch reports whether an answer says that a request lacked headers that the
// server wants for it (-32020 with HTTP 400): it was not executed, and the tools
// should be listed anew.
func IsMismatch(status int, answer jsonrpc.Message) bool {
	return status == http.StatusBadRequest && string(jsonrpc.Value(answer.Error, "code")) == strconv.Itoa(mcp.CodeHeaderMismatch)
}

func (h *Headers) schema(tool string) []byte {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.schemas[tool]
}

// note keeps the schema of a tool; nil forgets it.
func (h *Headers) note(tool string, schema []byte) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if schema == nil {
		delete(h.schemas, tool)
		return
	}
	if h.schemas == nil {
		h.schemas = make(map[string][]byte)
	}
	h.schemas[tool] = bytes.Clone(schema) // the list need not be held for it
}
