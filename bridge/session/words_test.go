package session

import (
	"net/http"
	"strings"
	"testing"

	"ucbridge/bridge/jsonrpc"
)

// TestUnknownMethodInPlainText: over stdio the same servers answer with the code, and
// clients that try a method forgive that code alone.
func TestUnknownMethodInPlainText(t *testing.T) {
	t.Parallel()
	c, _ := begin(t, Options{}, map[string]func(http.ResponseWriter, *http.Request, jsonrpc.Message){
		"no/such": func(w http.ResponseWriter, _ *http.Request, _ jsonrpc.Message) {
			http.Error(w, `JSON RPC not handled: "no/such" unsupported`, http.StatusBadRequest)
		},
	})
	shakeHands(c)
	c.send(`{"jsonrpc":"2.0","id":5,"method":"no/such"}`)
	if got := c.next(); !strings.HasPrefix(got, `{"jsonrpc":"2.0","id":5,"error":{"code":-32601,`) {
		t.Errorf("got %s", got)
	}
}

// TestStandbyQuotesTheServer: a server that refuses by the host name says so, and not
// that a credential is wrong; its words are what helps.
func TestStandbyQuotesTheServer(t *testing.T) {
	t.Parallel()
	const words = "Access is only allowed at localhost:20002"
	for name, tt := range map[string]struct {
		status     int
		kind, body string
	}{
		"in plain text": {http.StatusForbidden, "text/plain", words},
		"as JSON-RPC":   {http.StatusForbidden, "application/json", `{"jsonrpc":"2.0","id":0,"error":{"code":-32002,"message":"` + words + `"}}`},
		"signed out":    {http.StatusUnauthorized, "application/json", `{"jsonrpc":"2.0","id":0,"error":{"code":-32002,"message":"` + words + `"}}`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, _ := begin(t, Options{}, map[string]func(http.ResponseWriter, *http.Request, jsonrpc.Message){
				"initialize": func(w http.ResponseWriter, _ *http.Request, _ jsonrpc.Message) {
					w.Header().Set("Content-Type", tt.kind)
					w.WriteHeader(tt.status)
					_, _ = w.Write([]byte(tt.body))
				},
			})
			c.send(hello)
			if got := c.next(); !strings.Contains(got, `"instructions"`) || !strings.Contains(got, words) {
				t.Errorf("initialize: %s", got)
			}
			c.send(`{"jsonrpc":"2.0","method":"notifications/initialized"}`)
			c.send(`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"ucbridge_status"}}`)
			if got := c.next(); !strings.Contains(got, words) {
				t.Errorf("status: %s", got)
			}
		})
	}
}

// TestWarningWhereACallWasSent: that a call may have run is said of a call that was sent:
// not of a list, and not of one that never left since the handshake failed in the same way.
func TestWarningWhereACallWasSent(t *testing.T) {
	t.Parallel()
	const warning = "may have run"
	unreadable := func(w http.ResponseWriter, _ *http.Request, _ jsonrpc.Message) {
		w.Header().Set("Content-Encoding", "br")
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write([]byte("x"))
	}
	for failing, warned := range map[string]map[string]bool{
		"initialize": {"tools/call": false},
		"tools/list": {"tools/list": false},
		"tools/call": {"tools/call": true, "tools/list": false},
	} {
		t.Run(failing, func(t *testing.T) {
			t.Parallel()
			c, _ := begin(t, Options{}, map[string]func(http.ResponseWriter, *http.Request, jsonrpc.Message){failing: unreadable})
			c.send(hello)
			if got := c.next(); strings.Contains(got, warning) {
				t.Errorf("initialize: %s", got)
			}
			c.send(`{"jsonrpc":"2.0","method":"notifications/initialized"}`)
			for method, want := range warned {
				c.send(`{"jsonrpc":"2.0","id":1,"method":"` + method + `","params":{"name":"x"}}`)
				if got := c.next(); strings.Contains(got, warning) != want || strings.Contains(got, "compressed") != (method == failing || failing == "initialize") {
					t.Errorf("%s: %s", method, got)
				}
			}
		})
	}
}
