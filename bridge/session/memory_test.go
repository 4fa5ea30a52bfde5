package session

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"unsafe"

	"ucbridge/bridge/jsonrpc"
)

// TestMemoryOfAnswers: the memory of a call's large answer serves the next one, and that of
// a list, which is kept for a later start, does not.
func TestMemoryOfAnswers(t *testing.T) {
	t.Parallel()
	large := strings.Repeat("a", 600<<10)
	answers := map[string]func(http.ResponseWriter, *http.Request, jsonrpc.Message){
		"tools/call": func(w http.ResponseWriter, _ *http.Request, m jsonrpc.Message) {
			if string(m.ID) == "5" {
				stream(w)(`data: {"jsonrpc":"2.0","id":%s,"result":{"text":%q}}`, m.ID, large)
				return
			}
			answer(w, `{"jsonrpc":"2.0","id":%s,"result":{"text":%q}}`, m.ID, large)
		},
		"tools/list": func(w http.ResponseWriter, _ *http.Request, m jsonrpc.Message) {
			answer(w, `{"jsonrpc":"2.0","id":%s,"result":{"tools":[],"text":%q}}`, m.ID, large)
		},
	}
	c, _ := begin(t, Options{}, answers)
	var memory []*byte // of each large answer
	over := make(chan struct{}, 1)
	c.delivered = func(m jsonrpc.Message) {
		if len(m.Raw) > len(large) {
			memory = append(memory, unsafe.SliceData(m.Raw))
		}
	}
	c.ended = func(m jsonrpc.Message) {
		if answers[m.Method] != nil && m.Method != "initialize" {
			over <- struct{}{}
		}
	}
	shakeHands(c)
	for id, method := range []string{"tools/call", "tools/call", "tools/list", "tools/call", "tools/call", "tools/call"} {
		c.send(fmt.Sprintf(`{"jsonrpc":"2.0","id":%d,"method":%q,"params":{}}`, id+1, method))
		c.next()
		<-over
	}
	if memory[1] != memory[0] || memory[4] != memory[3] || memory[5] != memory[4] {
		t.Error("the memory of a call's answer was not used again")
	}
	if memory[3] == memory[2] {
		t.Error("the memory of a list was used again")
	}
}
