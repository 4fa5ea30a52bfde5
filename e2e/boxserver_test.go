package e2e

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"ucbridge/bridge/emulator"
)

// boxServer is an MCP server whose calls say how they want to be answered, by "how":
// "json" and "events" at once, "wait" when the test says so.
type boxServer struct {
	mu      sync.Mutex
	ran     map[string]int           // calls, by the key that each has
	waiting map[string]chan struct{} // of calls that wait, closed to answer
	arrived chan string              // the keys of calls that wait
	regions []string                 // Mcp-Param-my_region of calls
}

// startBoxServer starts the server behind a workspace, as the connection
// "everything".
func startBoxServer(t *testing.T) (*boxServer, *emulator.Workspace) {
	t.Helper()
	s := &boxServer{ran: make(map[string]int), waiting: make(map[string]chan struct{}), arrived: make(chan string, 10)}
	server := httptest.NewServer(s)
	t.Cleanup(server.CloseClientConnections)
	t.Cleanup(server.Close)
	return s, startWorkspace(t, server.URL)
}

func (s *boxServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method == http.MethodGet { // nothing is ever said on it
		w.Header().Set("Content-Type", "text/event-stream")
		_ = http.NewResponseController(w).Flush()
		<-r.Context().Done()
		return
	}
	var m struct {
		ID     json.RawMessage
		Method string
		Params struct {
			Arguments struct{ Key, How string }
		}
	}
	if raw, err := io.ReadAll(r.Body); err != nil || json.Unmarshal(raw, &m) != nil {
		return // the caller has gone
	}
	result := `{}`
	switch m.Method {
	case "initialize":
		result = `{"protocolVersion":"2025-06-18","capabilities":{"tools":{}},"serverInfo":{"name":"box","version":"1"}}`
		w.Header().Set("Mcp-Session-Id", "one")
	case "tools/list":
		result = `{"tools":[{"name":"do","inputSchema":{"type":"object"}}]}`
	case "tools/call":
		result = fmt.Sprintf(`{"content":[{"type":"text","text":%q}]}`, "did "+m.Params.Arguments.Key)
		if !s.run(r, m.Params.Arguments.Key, m.Params.Arguments.How) {
			return
		}
	}
	if m.ID == nil {
		w.WriteHeader(http.StatusAccepted)
		return
	}
	answer := fmt.Sprintf(`{"jsonrpc":"2.0","id":%s,"result":%s}`, m.ID, result)
	if m.Params.Arguments.How == "events" {
		w.Header().Set("Content-Type", "text/event-stream")
		answer = "event: message\ndata: " + answer + "\n\n"
	} else {
		w.Header().Set("Content-Type", "application/json")
	}
	_, _ = io.WriteString(w, answer)
}

// run runs a call and reports whether somebody still wants the answer.
func (s *boxServer) run(r *http.Request, key, how string) bool {
	s.mu.Lock()
	s.ran[key]++
	s.regions = append(s.regions, strings.Join(r.Header["Mcp-Param-My_region"], ","))
	wait := make(chan struct{})
	s.waiting[key] = wait
	s.mu.Unlock()
	if how != "wait" {
		return true
	}
	s.arrived <- key
	select {
	case <-wait:
		return true
	case <-r.Context().Done():
		return false
	}
}

// release has a call answered that waits.
func (s *boxServer) release(key string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	close(s.waiting[key])
}

// times is how often the call with that key ran.
func (s *boxServer) times(key string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.ran[key]
}

// The messages that a caller sends.
const (
	boxHello = `{"jsonrpc":"2.0","id":%d,"method":"initialize","params":{"protocolVersion":"2025-06-18","capabilities":{},"clientInfo":{"name":"box","version":"1"}}}`
	boxList  = `{"jsonrpc":"2.0","id":%d,"method":"tools/list"}`
)

func boxCall(id int, key, how string) string {
	return fmt.Sprintf(`{"jsonrpc":"2.0","id":%d,"method":"tools/call","params":{"name":"do","arguments":{"key":%q,"how":%q}}}`, id, key, how)
}
