package endpoint

import (
	"net/http"
	"strings"
	"testing"

	"ucbridge/bridge/jsonrpc"
)

// TestBatch: a client of 2025-03-26 may send an array of messages, and gets one answer to
// each request in it: as events, or as an array where it takes no events.
func TestBatch(t *testing.T) {
	t.Parallel()
	inBubble(t, &fake{}, func(s *stage) {
		session := s.beginIn("ada", "2025-03-26")
		const batch = `[{"jsonrpc":"2.0","id":1,"method":"ping"},{"jsonrpc":"2.0","method":"notifications/initialized"},` +
			`{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"go"}},{"jsonrpc":"2.0","id":3,"method":"initialize","params":{}}]`
		for _, accept := range []string{"application/json, text/event-stream", "application/json"} {
			a := s.start("ada", http.MethodPost, session, batch, func(r *http.Request, _ *answer) { r.Header.Set("Accept", accept) })
			<-a.done
			text := strings.TrimSpace(a.text())
			if accept != "application/json" {
				text = "[" + strings.ReplaceAll(strings.TrimPrefix(strings.ReplaceAll(text, "event: message\n", ""), "data: "), "\n\ndata: ", ",") + "]"
			}
			m, err := jsonrpc.Parse([]byte(text))
			if err != nil || a.status != http.StatusOK {
				t.Fatalf("%s: HTTP %d %s (%v)", accept, a.status, a.text(), err)
			}
			answers := make(map[string]bool) // whether it is a result, by id
			for _, one := range m.Batch {
				answers[string(one.ID)] = one.Result != nil
			}
			if len(m.Batch) != 3 || !answers["1"] || !answers["2"] || answers["3"] {
				t.Errorf("%s: answered %s", accept, a.text())
			}
		}
		for body, want := range map[string]int{
			`[{"jsonrpc":"2.0","method":"notifications/initialized"}]`:                            http.StatusAccepted,
			`[{"jsonrpc":"2.0","id":4,"method":"ping"},{"jsonrpc":"2.0","id":4,"method":"ping"}]`: http.StatusBadRequest,
			`[{"jsonrpc":"2.0","id":4,"method":"ping"}]`:                                          http.StatusOK,
			`[]`: http.StatusBadRequest,
		} {
			if a := s.post("ada", session, body); a.status != want {
				t.Errorf("%s: HTTP %d %s", body, a.status, a.text())
			}
		}
	})
}
