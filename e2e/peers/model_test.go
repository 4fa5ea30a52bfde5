//go:build linux

package peers

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"sync"
	"testing"
)

// What the model asks of the sample server, and words of its answer that nothing
// else says. The answer is a JSON object: Gemini CLI 0.61.0 makes structured
// content of a text that is JSON, and refuses that itself where it is an array.
const (
	modelTool      = "search_repositories"
	modelArguments = `{"query":"lakehouse"}`
	modelWord      = "Small tools around a lakehouse"
)

// model is a language model that calls one tool, once its client offers that, and
// ends its turn when it has read the result. It speaks as Anthropic's, OpenAI's
// and Google's models do.
type model struct {
	*httptest.Server
	mu     sync.Mutex
	called string   // the tool's name in the client's spelling
	read   bool     // the result came
	asked  []string // requests, for a test that fails
}

func startModel(t *testing.T) *model {
	t.Helper()
	m := new(model)
	m.Server = httptest.NewServer(http.HandlerFunc(m.answer))
	t.Cleanup(m.Close)
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("the model was asked:\n%s", strings.Join(m.asked, "\n"))
		}
	})
	return m
}

var (
	offered   = regexp.MustCompile(`"name"\s*:\s*"([A-Za-z0-9_.-]*` + modelTool + `)"`)
	namespace = regexp.MustCompile(`"name"\s*:\s*"(mcp__[a-z_]*)"`)
)

func (m *model) answer(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	var name string
	if found := offered.FindSubmatch(body); found != nil {
		name = string(found[1])
	}
	m.mu.Lock()
	m.asked = append(m.asked, fmt.Sprintf("%s %s, %d bytes, tool %q", r.Method, r.URL.Path, len(body), name))
	if strings.Contains(string(body), modelWord) {
		m.read, name = true, ""
	} else if name != "" {
		m.called = name
	}
	m.mu.Unlock()
	switch path := r.URL.Path; {
	case strings.HasSuffix(path, "/messages"):
		events(w, anthropic(name))
	case strings.HasSuffix(path, "/chat/completions"):
		events(w, chatCompletions(name))
	case strings.HasSuffix(path, "/responses"):
		space := ""
		if found := namespace.FindSubmatch(body); found != nil && !strings.HasPrefix(name, "mcp__") {
			space = string(found[1])
		}
		events(w, responses(name, space))
	case strings.HasSuffix(path, ":streamGenerateContent"):
		events(w, []string{gemini(name)})
	case strings.HasSuffix(path, ":generateContent"):
		w.Header().Set("Content-Type", "application/json")
		io.WriteString(w, gemini(""))
	default:
		w.Header().Set("Content-Type", "application/json")
		io.WriteString(w, `{"data":[{"id":"m","object":"model"}],"input_tokens":1}`)
	}
}

// events writes server-sent events; an event's type, where it has one, is in it.
func events(w http.ResponseWriter, list []string) {
	w.Header().Set("Content-Type", "text/event-stream")
	for _, data := range list {
		var event struct {
			Type string `json:"type"`
		}
		if json.Unmarshal([]byte(data), &event) == nil && event.Type != "" {
			fmt.Fprintf(w, "event: %s\n", event.Type)
		}
		fmt.Fprintf(w, "data: %s\n\n", data)
	}
}

func quoted(s string) string {
	text, _ := json.Marshal(s) // a string can be encoded
	return string(text)
}

// anthropic: https://docs.anthropic.com/en/api/messages-streaming
func anthropic(tool string) []string {
	block, delta, reason := `{"type":"text","text":""}`, `{"type":"text_delta","text":"done"}`, "end_turn"
	if tool != "" {
		block = `{"type":"tool_use","id":"toolu_1","name":` + quoted(tool) + `,"input":{}}`
		delta, reason = `{"type":"input_json_delta","partial_json":`+quoted(modelArguments)+`}`, "tool_use"
	}
	return []string{
		`{"type":"message_start","message":{"id":"msg_1","type":"message","role":"assistant","model":"m","content":[],"stop_reason":null,"usage":{"input_tokens":1,"output_tokens":1}}}`,
		`{"type":"content_block_start","index":0,"content_block":` + block + `}`,
		`{"type":"content_block_delta","index":0,"delta":` + delta + `}`,
		`{"type":"content_block_stop","index":0}`,
		`{"type":"message_delta","delta":{"stop_reason":"` + reason + `"},"usage":{"output_tokens":1}}`,
		`{"type":"message_stop"}`,
	}
}

// chatCompletions: https://platform.openai.com/docs/api-reference/chat-streaming
func chatCompletions(tool string) []string {
	delta, reason := `{"role":"assistant","content":"done"}`, "stop"
	if tool != "" {
		delta = `{"role":"assistant","content":null,"tool_calls":[{"index":0,"id":"call_1","type":"function","function":{"name":` +
			quoted(tool) + `,"arguments":` + quoted(modelArguments) + `}}]}`
		reason = "tool_calls"
	}
	const head = `{"id":"c1","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":`
	return []string{
		head + delta + `,"finish_reason":null}]}`,
		head + `{},"finish_reason":"` + reason + `"}],"usage":{"prompt_tokens":1,"completion_tokens":1,"total_tokens":2}}`,
		"[DONE]",
	}
}

// responses: https://platform.openai.com/docs/api-reference/responses-streaming;
// Codex offers the tools of a server in a namespace.
func responses(tool, space string) []string {
	item := `{"type":"message","id":"m1","role":"assistant","content":[{"type":"output_text","text":"done"}]}`
	if tool != "" {
		item = `{"type":"function_call","id":"f1","call_id":"call_1","name":` + quoted(tool) + `,"arguments":` + quoted(modelArguments)
		if space != "" {
			item += `,"namespace":` + quoted(space)
		}
		item += "}"
	}
	return []string{
		`{"type":"response.created","response":{"id":"r1"}}`,
		`{"type":"response.output_item.done","output_index":0,"item":` + item + `}`,
		`{"type":"response.completed","response":{"id":"r1","output":[` + item + `],"usage":{"input_tokens":1,"output_tokens":1,"total_tokens":2}}}`,
	}
}

// gemini: https://ai.google.dev/api/generate-content
func gemini(tool string) string {
	part := `{"text":"done"}`
	if tool != "" {
		part = `{"functionCall":{"name":` + quoted(tool) + `,"args":` + modelArguments + `}}`
	}
	return `{"candidates":[{"index":0,"content":{"role":"model","parts":[` + part + `]},"finishReason":"STOP"}],"usageMetadata":{"promptTokenCount":1,"candidatesTokenCount":1,"totalTokenCount":2}}`
}
