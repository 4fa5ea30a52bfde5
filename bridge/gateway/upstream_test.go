package gateway

import (
	"cmp"
	"fmt"
	"io"
	"net/http"
	"sync"

	"ucbridge/bridge/jsonrpc"
)

// upstream is an MCP server that notes what reaches it.
type upstream struct {
	mu   sync.Mutex
	seen []string
	// events has it answer tools/list by an event stream; broken ends that before
	// the answer, which is left for a GET.
	events, broken bool
	lists          int
	tools          string // what it lists, "" for twoTools
}

const twoTools = `{"tools":[{"name":"read_file","annotations":{"readOnlyHint":true}},{"name":"delete_repo"}]}`

func (u *upstream) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	u.mu.Lock()
	defer u.mu.Unlock()
	if r.Method == http.MethodGet {
		w.Header().Set("Content-Type", "text/event-stream")
		fmt.Fprintf(w, "\uFEFFid: e2\ndata: {\"jsonrpc\":\"2.0\",\"id\":7,\"result\":%s}\n\n", twoTools)
		return
	}
	m, err := jsonrpc.Parse(body)
	if err != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	if !isOwn(m.ID) {
		u.seen = append(u.seen, string(body))
	} else {
		u.lists++
	}
	result := `{"content":[{"type":"text","text":"AKIAABCDEFGHIJKLMNOP"}]}`
	switch {
	case m.ID == nil:
		w.WriteHeader(http.StatusAccepted)
		return
	case m.Method == "tools/list":
		result = cmp.Or(u.tools, twoTools)
	}
	answer := fmt.Sprintf(`{"jsonrpc":"2.0","id":%s,"result":%s}`, m.ID, result)
	if m.Method != "tools/list" || !u.events {
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprint(w, answer)
		return
	}
	w.Header().Set("Content-Type", "text/event-stream")
	fmt.Fprint(w, "id: e1\ndata: {\"jsonrpc\":\"2.0\",\"method\":\"notifications/message\",\"params\":{\"level\":\"info\",\"data\":\"x\"}}\n\n")
	if !u.broken {
		fmt.Fprintf(w, "event: message\nid: e2\ndata: %s\n\n", answer)
	}
}

func (u *upstream) forwarded() []string {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.seen
}

// isOwn reports whether a request is the gateway's own, by an id that no test has.
func isOwn(id jsonrpc.ID) bool { return len(id) == len("1073741824") }
