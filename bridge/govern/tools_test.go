package govern

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"ucbridge/bridge/jsonrpc"
	"ucbridge/bridge/mcp"
)

func TestLookUp(t *testing.T) {
	t.Parallel()
	th := open(t, "tools: {deny: [nothing]}")
	th.say(call(1, "unhinted"), call(2, "delete_repo"))
	if th.asked != 2 || len(th.sent()) != 2 {
		t.Errorf("asked for %d pages, want both, once", th.asked)
	}
	th.gate.Emit([]byte(`{"jsonrpc":"2.0","method":"notifications/tools/list_changed"}`))
	th.pages = []string{`{"tools":[{"name":"unhinted"}]}`}
	heard := th.say(call(3, "delete_repo"))
	if sent := th.sent(); sent != nil || len(heard) != 1 {
		t.Errorf("a tool that is gone: sent %v, heard %v", sent, heard)
	}
	th.pages = nil
	heard = th.say(call(4, "new"))
	if sent := th.sent(); sent != nil || !strings.Contains(heard[0], "cannot be listed") {
		t.Errorf("a list out of reach: sent %v, heard %v", sent, heard)
	}
}

// TestLookUpAfterTheClients: what the client has listed counts as what the bridge
// would list, and is forgotten with the next list.
func TestLookUpAfterTheClients(t *testing.T) {
	t.Parallel()
	th := open(t, "read_only: true")
	list := func(params, result string) {
		th.answer = func(m jsonrpc.Message) string { return fmt.Sprintf(`{"jsonrpc":"2.0","id":"l","result":%s}`, result) }
		th.say(`{"jsonrpc":"2.0","id":"l","method":"tools/list","params":` + params + `}`)
		th.answer = nil
		th.sent()
	}
	list(`{}`, `{"tools":[{"name":"twin"},{"name":"reads","annotations":{"readOnlyHint":true}}],"nextCursor":"2"}`)
	list(`{"cursor":"2"}`, `{"tools":[{"name":"twin","annotations":{"readOnlyHint":true}}]}`)
	th.say(call(1, "twin"), call(2, "reads"))
	if sent := th.sent(); len(sent) != 1 || sent[0] != call(2, "reads") || th.asked != 0 {
		t.Errorf("sent %v", sent)
	}
	list(`{}`, `{"tools":[{"name":"other"}]}`)
	if th.say(call(3, "reads")); th.sent() != nil || th.asked == 0 {
		t.Error("a tool that is listed no more is called")
	}
}

// TestLookUpRepeatsItself: a cursor that was there before ends the list. What is known
// is then all there is, and no other tool passes.
func TestLookUpRepeatsItself(t *testing.T) {
	t.Parallel()
	for tool, passes := range map[string]bool{"reads": true, "unlisted": false} {
		th := open(t, "read_only: true")
		th.pages = []string{`{"tools":[{"name":"reads","annotations":{"readOnlyHint":true}}],"nextCursor":"2"}`, `{"tools":[],"nextCursor":"2"}`}
		heard := th.say(call(1, tool))
		if got := th.sent() != nil; got != passes || !passes && !strings.Contains(heard[0], "lists no tool") {
			t.Errorf("%s: sent %t, heard %v", tool, got, heard)
		}
		if th.asked > 3 {
			t.Errorf("%s: listed %d times", tool, th.asked)
		}
	}
}

// TestLookUpWithoutEnd: a call does not wait for ever for a list that goes on and on.
func TestLookUpWithoutEnd(t *testing.T) {
	t.Parallel()
	for _, slow := range []time.Duration{0, 20 * time.Second} {
		synctest.Test(t, func(t *testing.T) {
			th := open(t, "read_only: true")
			th.slow = slow
			th.pages = nil
			for i := range mcp.MaxPages + 1 {
				th.pages = append(th.pages, fmt.Sprintf(`{"tools":[],"nextCursor":"%d"}`, i+2))
			}
			began := time.Now()
			if heard := th.say(call(1, "read_file")); th.sent() != nil || !strings.Contains(heard[0], "cannot be listed") {
				t.Errorf("heard %v", heard)
			}
			if took := time.Since(began); took > listingTimeout {
				t.Errorf("waited %v", took)
			}
		})
	}
}

// TestLookUpWithoutEndOnce: a list that goes on and on is not read again for each call.
func TestLookUpWithoutEndOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		th := open(t, "read_only: true")
		th.pages = nil
		for i := range mcp.MaxPages + 1 {
			th.pages = append(th.pages, fmt.Sprintf(`{"tools":[],"nextCursor":"%d"}`, i+2))
		}
		for id := range 3 {
			if heard := th.say(call(id, "read_file")); th.sent() != nil || !strings.Contains(heard[0], "cannot be listed") {
				t.Errorf("heard %v", heard)
			}
		}
		if th.asked != mcp.MaxPages {
			t.Errorf("asked for %d pages", th.asked)
		}
		th.pages = twoPages
		time.Sleep(endlessTime) // in synctest's clock
		if th.say(call(4, "read_file")); len(th.sent()) != 1 {
			t.Error("a list that has an end by now is not read")
		}
	})
}
