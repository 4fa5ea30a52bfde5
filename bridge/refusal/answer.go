package refusal

import (
	"encoding/json"
	"strings"

	"ucbridge/bridge/jsonrpc"
	"ucbridge/bridge/mcp"
)

// MetaError is the key in a tool result's _meta under which an Error stands whole, as
// it would in a response's error member.
const MetaError = "ucbridge/error"

// remedy stands between a message and its hint.
const remedy = " What to do: "

// Answer returns the response to a request of an AI client, which says what to do in
// the words that reach a person: few clients show error.data. A tools/call gets a tool
// error, as it is shown whole by all clients, with the Error in its _meta; any other
// method gets an error whose message has the hint as its second sentence.
func (e *Error) Answer(request jsonrpc.Message) []byte {
	if request.Method != mcp.CallTool || request.ID == nil {
		shown := *e
		shown.Message = e.inWords()
		return shown.Response(request.ID)
	}
	result := toolError{IsError: true, Content: []text{{"text", e.Text()}}, Meta: map[string]*Error{MetaError: e}}
	if request.Revision != "" {
		result.ResultType = "complete" // 2026-07-28, Tools, "Error Handling"
	}
	raw, err := json.Marshal(result)
	if err != nil { // only strings, numbers and booleans are in it
		panic(err)
	}
	return jsonrpc.Result(request.ID, raw)
}

// toolError is a CallToolResult.
type toolError struct {
	ResultType string            `json:"resultType,omitempty"`
	Content    []text            `json:"content"`
	IsError    bool              `json:"isError"`
	Meta       map[string]*Error `json:"_meta"`
}

type text struct {
	Type string `json:"type"`
	Text string `json:"text"`
}

// inWords is the message with the hint after it. A message that names something may end
// without a full stop.
func (e *Error) inWords() string {
	if e.Data.Hint == "" {
		return e.Message
	}
	return strings.TrimSuffix(e.Message, ".") + "." + remedy + e.Data.Hint
}

// Text says cause and remedy, for a person or a model to read. What the wire said is
// quoted as such, and only that.
func (e *Error) Text() string { return strings.Join(e.Lines(), "\n") }

// Lines are the lines of Text.
func (e *Error) Lines() []string {
	lines := []string{e.Message + " (" + string(e.Data.Reason) + ")"}
	if e.Data.Hint != "" {
		lines = append(lines, "What to do: "+e.Data.Hint)
	}
	if detail := e.Detail(); detail != "" {
		lines = append(lines, detail)
	}
	if e.Data.RequestID != "" {
		lines = append(lines, "Databricks request id: "+e.Data.RequestID)
	}
	return lines
}

// Detail is the line about the detail, "" for none.
func (e *Error) Detail() string {
	switch {
	case e.Data.Detail == "":
		return ""
	case e.Data.OwnDetail:
		return "Detail: " + e.Data.Detail
	default:
		return Said(e.Data.Detail)
	}
}

// Said is a line that quotes words from the wire, which went through [Quote].
func Said(words string) string {
	return `The other side said: "` + strings.ReplaceAll(words, `"`, "'") + `"`
}

// Read returns the Error of the bridge that an error member or a tool error holds, nil
// where that is another's. Its message is without the hint, as it was made.
func Read(raw []byte) *Error {
	var e Error
	if json.Unmarshal(raw, &e) != nil || e.Data.Source != "ucbridge" {
		return nil
	}
	e.Message = e.WithoutHint()
	return &e
}

// WithoutHint is the message as it was made, before Answer put the hint after it.
func (e *Error) WithoutHint() string { return strings.TrimSuffix(e.Message, remedy+e.Data.Hint) }
