package streamable

import (
	"bytes"
	"maps"
	"net/http"
	"strconv"
	"strings"
	"sync"

	"github.com/mark3labs/mcp-go/mcp"

	"ucbridge/bridge/jsonrpc"
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

// Of returns the headers that go with a request of that revision.
func (h *Headers) Of(version string, request jsonrpc.Message) map[string]string {
	headers := mcp.StandardHeaders(version, mcp.MCPMethod(request.Method), request.Params)
	// mcp-go leaves a line break in it, with which no request can be sent.
	if method, ok := mcp.EncodeHeaderValue(request.Method); ok {
		headers[mcp.HeaderMethod] = method
	}
	if strings.HasPrefix(request.Method, "tasks/") { // extension io.modelcontextprotocol/tasks (SEP-2663)
		if name, ok := mcp.EncodeHeaderValue(jsonrpc.Text(request.Params, "taskId")); ok && name != "" {
			headers[mcp.HeaderName] = name
		}
	}
	if request.Method == "tools/call" {
		if schema := h.schema(jsonrpc.Text(request.Params, "name")); schema != nil {
			maps.Copy(headers, mcp.GenerateParamHeaders(&mcp.Tool{RawInputSchema: schema}, request.Params))
		}
	}
	return headers
}

// Admit notes the schemas of the tools in an answer to tools/list. It returns the
// answer without the tools whose header annotations are invalid, as an HTTP client
// must (2026-07-28, Tools, "x-mcp-header"); drop hears of each. An answer with none
// of those comes back as it is.
func (h *Headers) Admit(answer jsonrpc.Message, drop func(tool string, err error)) jsonrpc.Message {
	var kept [][]byte
	dropped := false
	for _, tool := range jsonrpc.Elements(jsonrpc.Value(answer.Result, "tools")) {
		name, schema := jsonrpc.Text(tool, "name"), jsonrpc.Value(tool, "inputSchema")
		if !bytes.Contains(schema, []byte(headerAnnotation)) {
			schema = nil
		} else if err := mcp.ValidateParamHeaderAnnotations(&mcp.Tool{RawInputSchema: schema}); err != nil {
			drop(name, err)
			dropped = true
			continue
		}
		h.note(name, schema)
		kept = append(kept, tool)
	}
	if !dropped {
		return answer
	}
	at, _ := jsonrpc.Find(answer.Raw, "result", "tools")
	list := append(append([]byte{'['}, bytes.Join(kept, []byte{','})...), ']')
	m, err := jsonrpc.Parse(jsonrpc.Splice(answer.Raw, at, list))
	if err != nil { // cannot be: valid elements in a valid frame
		panic(err)
	}
	return m
}

// IsMismatch reports whether an answer says that a request lacked headers that the
// server wants for it (-32020 with HTTP 400): it was not executed, and the tools
// should be listed anew.
func IsMismatch(status int, answer jsonrpc.Message) bool {
	return status == http.StatusBadRequest && string(jsonrpc.Value(answer.Error, "code")) == strconv.Itoa(mcp.HEADER_MISMATCH)
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
	h.schemas[tool] = schema
}
