package gateway

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"ucbridge/bridge/jsonrpc"
)

// TestEmptiedPage: in place of a page of which the rules leave nothing, the caller gets the
// next one, in its own session.
func TestEmptiedPage(t *testing.T) {
	t.Parallel()
	const tool = `{"jsonrpc":"2.0","id":%s,"result":{"tools":[{"name":"%s"}]%s}}`
	for _, route := range []string{"proxy", "external-function"} {
		for _, events := range []bool{false, true} {
			server := func(w http.ResponseWriter, r *http.Request) {
				body, _ := io.ReadAll(r.Body)
				m, err := jsonrpc.Parse(body)
				if err != nil || r.Header.Get("Mcp-Session-Id") != "s1" {
					w.WriteHeader(http.StatusNotFound)
					return
				}
				answer := fmt.Sprintf(tool, m.ID, "no_1", `,"nextCursor":"b"`)
				if jsonrpc.Text(m.Params, "cursor") == "b" {
					answer = fmt.Sprintf(tool, m.ID, "yes", "")
				}
				w.Header().Set("Content-Type", "application/json")
				if events {
					w.Header().Set("Content-Type", "text/event-stream")
					answer = "data: " + answer + "\n\n"
				}
				fmt.Fprint(w, answer)
			}
			s := governed(t, http.HandlerFunc(server), route, `tools: {deny: ["no_*"]}`)
			status, body, _ := s.call(t, "POST", ada, `{"jsonrpc":"2.0","id":1,"method":"tools/list"}`, "Mcp-Session-Id: s1")
			if want := `{"jsonrpc":"2.0","id":1,"result":{"tools":[{"name":"yes"}]}}`; status != 200 || !strings.Contains(body, want) {
				t.Errorf("%s, events %t: %d %s, want %s", route, events, status, body, want)
			}
		}
	}
}

// TestAskedInTime: whoever asks the server waits no longer than they want to.
func TestAskedInTime(t *testing.T) {
	t.Parallel()
	hangs := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		<-r.Context().Done()
	})
	s := governed(t, hangs, "proxy", "")
	r := httptest.NewRequestWithContext(t.Context(), "POST", "/mcp/x", nil)
	x := &exchange{g: s.gateway, r: r, caller: Caller{token: ada}, transport: s.gateway.opts.Endpoints[0].Transport}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if m, err := (asker{x, time.Now().Add(time.Hour)}).Ask(ctx, "tools/list", []byte(`{}`)); err == nil {
		t.Errorf("heard %s", m.Raw)
	}
}
