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

// wish is a call that a model makes once its client offers the tool.
type wish struct {
	tool      string // by the server's name, which clients spell in their own way
	arguments string
}

// offer is a tool as a client offers it to a model.
type offer struct{ name, namespace, description string }

// is reports whether the offer is of a tool. Those of the probe say so themselves.
func (o offer) is(tool string) bool {
	if strings.Contains(o.description, knownAs) {
		return strings.Contains(o.description, described(tool))
	}
	return strings.HasSuffix(o.name, tool)
}

// model is a language model that makes its calls one after the other, and ends its
// turn when it has read the last result; it says back what there is to open, as a
// model would. It speaks as Anthropic's, OpenAI's and Google's models do.
type model struct {
	*httptest.Server
	plan []wish
	// calling, if set, is called before each call.
	calling func()

	mu      sync.Mutex
	step    int
	called  map[string]string // by tool, the name in the client's spelling
	results map[string]string // by tool, the request that came after the call
	asked   []string          // requests, for a test that fails
}

func startModel(t *testing.T, plan ...wish) *model {
	t.Helper()
	m := &model{plan: plan, called: make(map[string]string), results: make(map[string]string)}
	m.Server = httptest.NewServer(http.HandlerFunc(m.answer))
	t.Cleanup(m.Close)
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("the model was asked:\n%s", strings.Join(m.asked, "\n"))
		}
	})
	return m
}

// turn is what the model does at a request: a call where there is a tool, or words.
type turn struct {
	offer
	arguments string
	words     string
}

var signInLink = regexp.MustCompile(`https?://[^\s"\\]+/explore/connections/[^\s"\\,]+`)

// decide returns what is done at a request. One that offers no tools is a client's own,
// for a title say.
func (m *model) decide(body []byte) turn {
	m.mu.Lock()
	defer m.mu.Unlock()
	offers := offersIn(body)
	defer func() {
		m.asked = append(m.asked, fmt.Sprintf("%d bytes, %d tools, step %d", len(body), len(offers), m.step))
	}()
	done := turn{words: "done " + string(signInLink.Find(body))}
	if len(offers) == 0 {
		return done
	}
	if m.step > 0 {
		if last := m.plan[m.step-1].tool; m.called[last] != "" && m.results[last] == "" {
			m.results[last] = string(body)
		}
	}
	for m.step < len(m.plan) {
		next := m.plan[m.step]
		m.step++
		for _, o := range offers {
			if o.is(next.tool) {
				m.called[next.tool] = o.name
				if m.calling != nil {
					m.calling()
				}
				return turn{offer: o, arguments: next.arguments}
			}
		}
	}
	return done
}

// offersIn finds the tools of a request, however it describes them.
func offersIn(body []byte) (found []offer) {
	var request any
	if json.Unmarshal(body, &request) != nil {
		return nil
	}
	var walk func(v any, namespace string)
	walk = func(v any, namespace string) {
		switch v := v.(type) {
		case []any:
			for _, element := range v {
				walk(element, namespace)
			}
		case map[string]any:
			name, named := v["name"].(string)
			if description, ok := v["description"].(string); named && ok && v["tools"] == nil {
				found = append(found, offer{name, namespace, description})
				return
			}
			if v["tools"] != nil && named {
				namespace = name
			}
			for _, element := range v {
				walk(element, namespace)
			}
		}
	}
	walk(request, "")
	return found
}

func (m *model) answer(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	switch path := r.URL.Path; {
	case strings.HasSuffix(path, "/messages"):
		events(w, anthropic(m.decide(body)))
	case strings.HasSuffix(path, "/chat/completions"):
		events(w, chatCompletions(m.decide(body)))
	case strings.HasSuffix(path, "/responses"):
		events(w, responses(m.decide(body)))
	case strings.HasSuffix(path, ":streamGenerateContent"):
		events(w, []string{gemini(m.decide(body))})
	case strings.HasSuffix(path, ":generateContent"):
		w.Header().Set("Content-Type", "application/json")
		io.WriteString(w, gemini(turn{words: "done"}))
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

// id is one for the call, as each of them needs.
func (t turn) id() string { return "call_" + fmt.Sprintf("%x", t.name) }

// anthropic: https://docs.anthropic.com/en/api/messages-streaming
func anthropic(t turn) []string {
	block, delta, reason := `{"type":"text","text":""}`, `{"type":"text_delta","text":`+quoted(t.words)+`}`, "end_turn"
	if t.name != "" {
		block = `{"type":"tool_use","id":"` + t.id() + `","name":` + quoted(t.name) + `,"input":{}}`
		delta, reason = `{"type":"input_json_delta","partial_json":`+quoted(t.arguments)+`}`, "tool_use"
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
func chatCompletions(t turn) []string {
	delta, reason := `{"role":"assistant","content":`+quoted(t.words)+`}`, "stop"
	if t.name != "" {
		delta = `{"role":"assistant","content":null,"tool_calls":[{"index":0,"id":"` + t.id() + `","type":"function","function":{"name":` +
			quoted(t.name) + `,"arguments":` + quoted(t.arguments) + `}}]}`
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
func responses(t turn) []string {
	item := `{"type":"message","id":"m1","role":"assistant","content":[{"type":"output_text","text":` + quoted(t.words) + `}]}`
	if t.name != "" {
		item = `{"type":"function_call","id":"f1","call_id":"` + t.id() + `","name":` + quoted(t.name) + `,"arguments":` + quoted(t.arguments)
		if t.namespace != "" {
			item += `,"namespace":` + quoted(t.namespace)
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
func gemini(t turn) string {
	part := `{"text":` + quoted(t.words) + `}`
	if t.name != "" {
		part = `{"functionCall":{"name":` + quoted(t.name) + `,"args":` + t.arguments + `}}`
	}
	return `{"candidates":[{"index":0,"content":{"role":"model","parts":[` + part + `]},"finishReason":"STOP"}],"usageMetadata":{"promptTokenCount":1,"candidatesTokenCount":1,"totalTokenCount":2}}`
}
