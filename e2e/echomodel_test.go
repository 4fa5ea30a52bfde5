package e2e

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

// echoModel is a language model that has its client call the tool "echo" of a server
// once, and ends its turn with the result
// (https://docs.anthropic.com/en/api/messages-streaming).
type echoModel struct {
	address string

	// wanted finds the tool to call in what the client tells of its tools.
	wanted *regexp.Regexp

	mu      sync.Mutex
	told    []string        // results of tools
	offered map[string]bool // names of all tools that the client has told of
}

// echoTool is that tool as Claude Code names it to its model.
var echoTool = regexp.MustCompile(`"(mcp__\w+__echo)"`)

func startEchoModel(t *testing.T) *echoModel {
	t.Helper()
	m := &echoModel{wanted: echoTool, offered: make(map[string]bool)}
	server := httptest.NewServer(http.HandlerFunc(m.answer))
	t.Cleanup(server.Close)
	m.address = server.URL
	return m
}

// during returns what tools said while f ran.
func (m *echoModel) during(f func()) string {
	m.mu.Lock()
	m.told, m.offered = nil, make(map[string]bool)
	m.mu.Unlock()
	f()
	m.mu.Lock()
	defer m.mu.Unlock()
	return strings.Join(m.told, "\n")
}

// offers reports whether the client has told of a tool since during began.
func (m *echoModel) offers(tool string) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.offered[tool]
}

func (m *echoModel) answer(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body) // a client that goes needs no answer
	if !strings.HasSuffix(r.URL.Path, "/messages") {
		w.Header().Set("Content-Type", "application/json")
		io.WriteString(w, `{"data":[{"id":"m","object":"model"}],"input_tokens":1}`)
		return
	}
	var asked struct {
		Messages []struct {
			Content json.RawMessage
		}
		Tools []struct{ Name string }
	}
	_ = json.Unmarshal(body, &asked)
	m.mu.Lock()
	for _, tool := range asked.Tools {
		m.offered[tool.Name] = true
	}
	m.mu.Unlock()
	called := false
	for _, message := range asked.Messages {
		if strings.Contains(string(message.Content), `"tool_result"`) {
			called = true
			m.mu.Lock()
			m.told = append(m.told, string(message.Content))
			m.mu.Unlock()
		}
	}
	block, delta, reason := `{"type":"text","text":""}`, `{"type":"text_delta","text":"done"}`, "end_turn"
	if tool := m.wanted.FindStringSubmatch(string(body)); !called && tool != nil {
		block = `{"type":"tool_use","id":"toolu_1","name":"` + tool[1] + `","input":{}}`
		delta, reason = `{"type":"input_json_delta","partial_json":"{\"text\":\"hello\"}"}`, "tool_use"
	}
	w.Header().Set("Content-Type", "text/event-stream")
	for _, event := range [][2]string{
		{"message_start", `"message":{"id":"msg_1","type":"message","role":"assistant","model":"m","content":[],"stop_reason":null,"usage":{"input_tokens":1,"output_tokens":1}}`},
		{"content_block_start", `"index":0,"content_block":` + block},
		{"content_block_delta", `"index":0,"delta":` + delta},
		{"content_block_stop", `"index":0`},
		{"message_delta", `"delta":{"stop_reason":"` + reason + `"},"usage":{"output_tokens":1}`},
		{"message_stop", `"index":0`},
	} {
		fmt.Fprintf(w, "event: %[1]s\ndata: {\"type\":%[1]q,%[2]s}\n\n", event[0], event[1])
	}
}
