package govern

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"ucbridge/bridge/mcp"
)

// TestBrokenPolicy: nothing but the handshake passes, every request gets its answer,
// and the process stays.
func TestBrokenPolicy(t *testing.T) {
	t.Parallel()
	th := open(t, "read_only: true")
	th.gate.filter.g.rules().policy.Broken = errors.New("p.yaml:1:1: no policy")
	for method, known := range mcp.Methods() {
		for _, params := range []string{`{}`, `{"name":"a","uri":"x:1","ref":{"name":"a"},"notifications":{}}`, `{"notifications":{"resourceSubscriptions":[]}}`, `{"ref":{"uri":"x:{a}"}}`} {
			heard := th.say(fmt.Sprintf(`{"jsonrpc":"2.0","id":"%s","method":"%s","params":%s}`, method, method, params))
			sent := th.sent()
			if keepsConnected(method) {
				if known.Subject != mcp.SubjectNone || len(sent) != 1 || len(heard) > 0 {
					t.Errorf("%s: sent %v, heard %v", method, sent, heard)
				}
				th.gate.Emit(fmt.Appendf(nil, `{"jsonrpc":"2.0","id":"%s","result":{}}`, method))
			} else if sent != nil || len(heard) != 1 || known.Subject == mcp.SubjectNone && !strings.Contains(heard[0], "p.yaml:1:1") {
				t.Errorf("%s %s: sent %v, heard %v", method, params, sent, heard)
			}
		}
	}
}

// TestNoAnswersUnderBrokenPolicy: what the client says to a question of the server's does
// not pass either, and the server is told.
func TestNoAnswersUnderBrokenPolicy(t *testing.T) {
	t.Parallel()
	th := open(t, "read_only: true")
	th.gate.filter.g.rules().policy.Broken = errors.New("p.yaml:1:1: no policy")
	th.say(`{"jsonrpc":"2.0","id":"q","result":{"roots":[{"uri":"file:///secret"}]}}`)
	if sent := th.sent(); len(sent) != 1 || strings.Contains(sent[0], "secret") || !strings.Contains(sent[0], `"id":"q","error"`) {
		t.Errorf("sent %v", sent)
	}
}

// TestNoQuestionsUnderBrokenPolicy: the user is not asked what could not be answered, and
// the server is told. What came in one batch with the question reaches the client.
func TestNoQuestionsUnderBrokenPolicy(t *testing.T) {
	t.Parallel()
	const question = `{"jsonrpc":"2.0","id":"q","method":"elicitation/create","params":{"message":"your password?"}}`
	const ping = `{"jsonrpc":"2.0","id":"p","method":"ping"}`
	for _, tt := range []struct{ from, heard string }{{question, ""}, {ping, ping}, {"[" + question + "," + ping + "]", ping}} {
		th := open(t, "read_only: true")
		th.gate.filter.g.rules().policy.Broken = errors.New("p.yaml:1:1: no policy")
		th.gate.Emit([]byte(tt.from))
		th.work.Wait()
		if heard := strings.Join(th.heard, ""); heard != tt.heard {
			t.Errorf("%s: heard %s", tt.from, heard)
		}
		asked := strings.Contains(tt.from, "elicitation")
		if sent := th.sent(); (len(sent) == 1 && strings.Contains(sent[0], `"id":"q","error"`)) != asked {
			t.Errorf("%s: sent %v", tt.from, sent)
		}
	}
}

// TestOtherAPI: where a target is not known to speak MCP nothing passes at all: another API
// reads members of its own out of a ping.
func TestOtherAPI(t *testing.T) {
	t.Parallel()
	for name, broken := range map[string]error{"rules": nil, "a broken policy": errors.New("p.yaml:1:1: no policy")} {
		th := open(t, "read_only: true")
		p := th.gate.filter.g.rules().policy
		p.NotMCP, p.Closed, p.Broken = true, errors.New("not known to speak MCP"), broken
		for method := range mcp.Methods() {
			request := fmt.Sprintf(`{"jsonrpc":"2.0","id":"%s","method":"%s","statement":"DROP TABLE a","params":{"name":"a"}}`, method, method)
			if heard := th.say(request); len(heard) != 1 {
				t.Errorf("%s, %s: heard %v", name, method, heard)
			}
			th.say(fmt.Sprintf(`{"jsonrpc":"2.0","method":"%s","statement":"DROP TABLE a","params":{"requestId":1}}`, method))
		}
		th.say(`{"jsonrpc":"2.0","id":"q","result":{},"statement":"DROP TABLE a"}`)
		if sent := th.sent(); sent != nil {
			t.Errorf("%s: sent %v", name, sent)
		}
	}
}
