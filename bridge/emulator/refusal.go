package emulator

import (
	"encoding/json"
	"net/http"
	"strconv"
)

// refusal is an error as Databricks words it.
//
// Verified: {"error_code", "message", "details"} with ErrorInfo and RequestInfo
// (databricks-sdk-go apierr), error_code being a string from the services and
// the bare HTTP status, a number, from the front end that checks tokens. The
// words of the individual refusals are marked where they are made.
type refusal struct {
	status  int
	code    string // a word, or "" where the front end gives its status as a number
	message string
	header  http.Header // further headers of the answer
}

type refusalBody struct {
	Code    any    `json:"error_code"`
	Message string `json:"message"`
	Details []any  `json:"details,omitempty"`
}

// body returns the JSON of the refusal. The front end's are bare; a service's
// name the request in their details.
func (f *refusal) body(requestID string) []byte {
	b := refusalBody{Code: f.status, Message: f.message}
	if f.code != "" {
		b.Code = f.code
		b.Details = []any{
			map[string]any{
				"@type":    "type.googleapis.com/google.rpc.ErrorInfo",
				"reason":   f.code,
				"domain":   "unity-catalog.databricks.com",
				"metadata": map[string]string{},
			},
			map[string]any{
				"@type":        "type.googleapis.com/google.rpc.RequestInfo",
				"request_id":   requestID,
				"serving_data": "",
			},
		}
	}
	return mustMarshal(b)
}

// refuse answers the call with f. The legacy route mcp-external answers HTTP 200
// and a JSON-RPC error -32600 in place of a service's refusals: as the message
// text alone, or, for a missing sign-in, as the whole refusal's JSON in a string
// (both verified in traces). What the front end refuses stays plain HTTP there
// (verified for missing scopes, assumed for tokens).
func (c *call) refuse(f *refusal) {
	if c.route == routeMCPExternal && f.code != "" && f.code != codeEndpointNotFound {
		message := f.message
		if f.code == codeUnauthenticated {
			message = string(mustMarshal(refusalBody{Code: f.code, Message: f.message}))
		}
		c.answerJSON(http.StatusOK, rpcError{JSONRPC: "2.0", ID: c.message.idOrNull(), Error: rpcErrorDetail{-32600, message}})
		return
	}
	for name, values := range f.header {
		c.w.Header()[name] = values
	}
	c.answerBytes(f.status, f.body(c.requestID))
}

type rpcError struct {
	JSONRPC string          `json:"jsonrpc"`
	ID      json.RawMessage `json:"id"`
	Error   rpcErrorDetail  `json:"error"`
}

type rpcErrorDetail struct {
	Code    int    `json:"code"`
	Message string `json:"message"`
}

// answerJSON answers the call with the JSON of v.
func (c *call) answerJSON(status int, v any) { c.answerBytes(status, mustMarshal(v)) }

func (c *call) answerBytes(status int, body []byte) {
	h := c.w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("Content-Length", strconv.Itoa(len(body)))
	c.w.WriteHeader(status)
	_, _ = c.w.Write(body) // the caller is gone: nobody is left to tell
}

// mustMarshal encodes values of this package's own types, which cannot fail.
func mustMarshal(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return b
}

const (
	codeEndpointNotFound = "ENDPOINT_NOT_FOUND"
	codeUnauthenticated  = "UNAUTHENTICATED"
	codePermissionDenied = "PERMISSION_DENIED"
	codeBadRequest       = "BAD_REQUEST"
	codeInvalidParameter = "INVALID_PARAMETER_VALUE"
	codeMalformedRequest = "MALFORMED_REQUEST"
)

// endpointNotFound is the answer to a path or method the workspace does not
// serve. Verified: code, status and words.
func endpointNotFound(method, path string) *refusal {
	return &refusal{
		status: http.StatusNotFound, code: codeEndpointNotFound,
		message: "No API found for '" + method + " " + path + "'",
	}
}

// unreachable is the answer where the connection's own server cannot be reached.
// Verified: code, status and frame; the reason is whatever the network said.
func unreachable(upstream string, cause error) *refusal {
	return &refusal{
		status: http.StatusBadRequest, code: codeBadRequest,
		message: "Failed request to " + upstream + ". Error: " + cause.Error(),
	}
}

func invalidParameter(message string) *refusal {
	return &refusal{status: http.StatusBadRequest, code: codeInvalidParameter, message: message}
}
