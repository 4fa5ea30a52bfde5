package session

import (
	"bufio"
	"io"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"ucbridge/bridge/jsonrpc"
	"ucbridge/bridge/refusal"
)

func TestFailures(t *testing.T) {
	t.Parallel()
	page := func(status int, kind, body string) func(http.ResponseWriter, *http.Request, jsonrpc.Message) {
		return func(w http.ResponseWriter, _ *http.Request, _ jsonrpc.Message) {
			w.Header().Set("Content-Type", kind)
			w.WriteHeader(status)
			io.WriteString(w, body)
		}
	}
	packed := func(status int) func(http.ResponseWriter, *http.Request, jsonrpc.Message) {
		return func(w http.ResponseWriter, r *http.Request, m jsonrpc.Message) {
			w.Header().Set("Content-Encoding", "br")
			page(status, "application/json", "\x1b")(w, r, m)
		}
	}
	tests := []struct {
		name   string
		answer func(http.ResponseWriter, *http.Request, jsonrpc.Message)
		reason refusal.Reason // "" where the body is the upstream's own answer
		want   string
	}{
		{"accepted without answer", page(202, "", ""), "no_answer", ""},
		{"no content", page(204, "", ""), "no_answer", ""},
		{"empty body", page(200, "application/json", ""), "no_answer", ""},
		{"a page", page(200, "text/html", "<html>"), "bad_answer", ""},
		{"a page with an error", page(502, "text/html", "<html>"), "upstream_error", ""},
		{"cut body", page(200, "application/json", `{"jsonrpc":"2.0","id":5,"res`), "connection_cut", ""},
		{"not a message", page(200, "application/json", `{"hello":1}`), "bad_answer", ""},
		{"plain 404", page(404, "text/plain", "not found"), "upstream_not_found", ""},
		{"plain 401", page(401, "text/plain", "no"), "upstream_unauthorized", ""},
		{"stream with a faulty answer", page(200, "text/event-stream", "data: {\"jsonrpc\":\"2.0\",\"id\":5,\"error\":\"x\"}\n\n"), "bad_answer", ""},
		{"stream with no message", page(200, "text/event-stream", "data: {\"error\":\"boom\"}\n\n"), "bad_answer", ""},
		{"OAuth's error", page(401, "application/json", `{"error":"invalid_token","error_description":"x"}`), "upstream_unauthorized", ""},
		{"text for an error", page(200, "application/json", `{"jsonrpc":"2.0","id":5,"error":"x"}`), "bad_answer", ""},
		{"null for a result", page(200, "application/json", `{"jsonrpc":"2.0","id":5,"result":null}`), "bad_answer", ""},
		{"null for an error", page(200, "application/json", `{"jsonrpc":"2.0","id":5,"error":null,"result":{}}`), "", `{"jsonrpc":"2.0","id":5,"result":{}}`},
		{"byte order mark", page(200, "application/json", "\uFEFF"+`{"jsonrpc":"2.0","id":5,"result":{}}`), "", `{"jsonrpc":"2.0","id":5,"result":{}}`},
		{"answer without a blank line", page(200, "text/event-stream", `data: {"jsonrpc":"2.0","id":5,"result":{}}`), "", `{"jsonrpc":"2.0","id":5,"result":{}}`},
		{"unknown method in plain text", page(400, "text/plain", `JSON RPC not handled: "no/such" unsupported`), "upstream_error", ""},
		{"stream without answer", page(200, "text/event-stream", ": hi\n\n"), "connection_cut", ""},
		{"stream with one answer under another id", page(200, "text/event-stream", "data: {\"jsonrpc\":\"2.0\",\"id\":77,\"result\":{}}\n\n"), "", `{"jsonrpc":"2.0","id":5,"result":{}}`},
		{"one answer under another id", page(200, "application/json", `{"jsonrpc":"2.0","id":0,"result":{}}`), "", `{"jsonrpc":"2.0","id":5,"result":{}}`},
		{"answers to others", page(200, "text/event-stream", strings.Repeat("data: {\"jsonrpc\":\"2.0\",\"id\":77,\"result\":{}}\n\n", 2)), "no_answer", ""},
		{"id of another type", page(200, "application/json", `{"jsonrpc":"2.0","id":"5","result":{}}`), "", `{"jsonrpc":"2.0","id":5,"result":{}}`},
		{"refused under another id", page(406, "application/json", `{"jsonrpc":"2.0","id":"server-error","error":{"code":-32600,"message":"why"}}`), "",
			`{"jsonrpc":"2.0","id":5,"error":{"code":-32600,"message":"why"}}`},
		{"refused under no id", page(500, "application/json", `{"jsonrpc":"2.0","id":"","error":{"code":-32600,"message":"why"}}`), "",
			`{"jsonrpc":"2.0","id":5,"error":{"code":-32600,"message":"why"}}`},
		{"401 under another id", page(401, "application/json", `{"jsonrpc":"2.0","id":"server-error","error":{"code":-32600,"message":"why"}}`), "upstream_unauthorized", ""},
		{"403 under another id", page(403, "application/json", `{"jsonrpc":"2.0","id":0,"error":{"code":-32600,"message":"why"}}`), "upstream_forbidden", ""},
		{"401 under another id, as a stream", page(401, "text/event-stream", "data: {\"jsonrpc\":\"2.0\",\"id\":\"server-error\",\"error\":{\"code\":-32600,\"message\":\"why\"}}\n\n"), "upstream_unauthorized", ""},
		{"401 in a compression that is not known", packed(401), "upstream_unauthorized", ""},
		{"200 in a compression that is not known", packed(200), "bad_answer", ""},
		{"plain JSON that says it is gzip", func(w http.ResponseWriter, r *http.Request, m jsonrpc.Message) {
			w.Header().Set("Content-Encoding", "gzip")
			page(200, "application/json", `{"jsonrpc":"2.0","id":5,"result":{}}`)(w, r, m)
		}, "bad_answer", ""},
		{"a stream that says it is gzip", func(w http.ResponseWriter, r *http.Request, m jsonrpc.Message) {
			w.Header().Set("Content-Encoding", "gzip")
			page(200, "text/event-stream", "id: 1\ndata: {\"jsonrpc\":\"2.0\",\"id\":5,\"result\":{}}\n\n")(w, r, m)
		}, "bad_answer", ""},
		{"503 under another id", page(503, "application/json", `{"jsonrpc":"2.0","id":0,"error":{"code":-32600,"message":"why"}}`), "workspace_unavailable", ""},
		{"too large", page(200, "application/json", `{"jsonrpc":"2.0","id":5,"result":{"a":"`+strings.Repeat("x", 1<<20)+`"}}`), "message_too_large", ""},
		{"own error at 404", page(404, "application/json", `{"jsonrpc":"2.0","id":5,"error":{"code":-32601,"message":"m","data":1.0}}`), "",
			`{"jsonrpc":"2.0","id":5,"error":{"code":-32601,"message":"m","data":1.0}}`},
		{"own error without id", page(400, "application/json", `{"jsonrpc":"2.0","error":{"code":-32602,"message":"m"}}`), "",
			`{"id":5,"jsonrpc":"2.0","error":{"code":-32602,"message":"m"}}`},
		{"lost id", page(200, "application/json", `{"jsonrpc":"2.0","result":{}}`), "", `{"id":5,"jsonrpc":"2.0","result":{}}`},
		{"null id", page(200, "application/json", `{"jsonrpc":"2.0","id":null,"result":{}}`), "", `{"jsonrpc":"2.0","id":5,"result":{}}`},
		{"rounded id", page(200, "application/json", `{"jsonrpc":"2.0","id":5.0,"result":{}}`), "", `{"jsonrpc":"2.0","id":5,"result":{}}`},
		{"json as text", page(200, "text/plain", `{"jsonrpc":"2.0","id":5,"result":{}}`), "", `{"jsonrpc":"2.0","id":5,"result":{}}`},
		{"two answers", page(200, "text/event-stream", "data: {\"jsonrpc\":\"2.0\",\"id\":5,\"result\":{}}\n\ndata: {\"jsonrpc\":\"2.0\",\"id\":5,\"result\":{\"second\":true}}\n\n"), "", `{"jsonrpc":"2.0","id":5,"result":{}}`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c, _ := begin(t, Options{}, map[string]func(http.ResponseWriter, *http.Request, jsonrpc.Message){"tools/call": tt.answer})
			shakeHands(c)
			c.send(`{"jsonrpc":"2.0","id":5,"method":"tools/call","params":{"name":"x"}}`)
			if tt.reason != "" {
				c.wantError("5", tt.reason)
			} else {
				c.want(tt.want)
			}
			c.send(`{"jsonrpc":"2.0","id":"up","method":"ping"}`) // nothing more came, and the session lives
			c.want(`{"jsonrpc":"2.0","id":"up","result":{}}`)
		})
	}
}

// The bridge's own words about an answer are not quoted as those of the server.
func TestOwnWordsAreNotQuoted(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]string{
		`{"jsonrpc":"2.0","id":5,"error":"x"}`:   `\nDetail: reading JSON-RPC message: the error is not an object"`,
		`[{"jsonrpc":"2.0","id":5,"error":"x"}]`: `\nDetail: reading JSON-RPC message: the error is not an object"`,
	} {
		c, _ := begin(t, Options{}, map[string]func(http.ResponseWriter, *http.Request, jsonrpc.Message){
			"tools/call": func(w http.ResponseWriter, _ *http.Request, _ jsonrpc.Message) {
				w.Header().Set("Content-Type", "text/event-stream")
				io.WriteString(w, "data: "+body+"\n\n")
			},
		})
		shakeHands(c)
		c.send(`{"jsonrpc":"2.0","id":5,"method":"tools/call","params":{"name":"x"}}`)
		if got := c.next(); !strings.Contains(got, want) {
			t.Errorf("%s: got %s, want %s in it", body, got, want)
		}
	}
}

// What is turned away for the moment is sent again, whoever says it and how.
func TestTurnedAwayForAMoment(t *testing.T) {
	t.Parallel()
	var posts atomic.Int32
	c, _ := begin(t, Options{}, map[string]func(http.ResponseWriter, *http.Request, jsonrpc.Message){
		"tools/call": func(w http.ResponseWriter, _ *http.Request, m jsonrpc.Message) {
			if posts.Add(1) == 1 {
				w.Header().Set("Content-Type", "application/json")
				w.WriteHeader(http.StatusTooManyRequests)
				io.WriteString(w, `{"jsonrpc":"2.0","id":"server-error","error":{"code":-32000,"message":"slow down"}}`)
				return
			}
			answer(w, `{"jsonrpc":"2.0","id":%s,"result":{}}`, m.ID)
		},
	})
	shakeHands(c)
	c.send(`{"jsonrpc":"2.0","id":5,"method":"tools/call","params":{"name":"x"}}`)
	c.want(`{"jsonrpc":"2.0","id":5,"result":{}}`)
}

// A string id may come back in another spelling, and the client gets its own.
func TestIDSpelledOtherwise(t *testing.T) {
	t.Parallel()
	c, _ := begin(t, Options{}, map[string]func(http.ResponseWriter, *http.Request, jsonrpc.Message){
		"tools/call": func(w http.ResponseWriter, _ *http.Request, _ jsonrpc.Message) {
			answer(w, `{"jsonrpc":"2.0","id":"req\/\u00e9","result":{}}`)
		},
	})
	shakeHands(c)
	c.send(`{"jsonrpc":"2.0","id":"req/é","method":"tools/call","params":{"name":"x"}}`)
	c.want(`{"jsonrpc":"2.0","id":"req/é","result":{}}`)
}

// A response belongs to the request of its POST, and not to another one under way whose
// id it carries: servers were seen that answer everything under one id.
func TestOneIDForAll(t *testing.T) {
	t.Parallel()
	for _, kind := range []string{"application/json", "text/event-stream"} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			second := make(chan struct{})
			c, _ := begin(t, Options{}, map[string]func(http.ResponseWriter, *http.Request, jsonrpc.Message){
				"tools/call": func(w http.ResponseWriter, _ *http.Request, m jsonrpc.Message) {
					if m.ID.Is(jsonrpc.ID("1")) {
						<-second
					}
					body := `{"jsonrpc":"2.0","id":1,"result":{"to":` + string(m.ID) + `}}`
					if kind == "text/event-stream" {
						stream(w)("data: %s", body)
						return
					}
					answer(w, "%s", body)
				},
			})
			shakeHands(c)
			c.send(`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"x"}}`)
			c.send(`{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"x"}}`)
			c.want(`{"jsonrpc":"2.0","id":2,"result":{"to":2}}`)
			close(second)
			c.want(`{"jsonrpc":"2.0","id":1,"result":{"to":1}}`)
		})
	}
}

// Where a server puts the responses to several requests on one stream, each one gets
// its own, before and after that of the stream's request.
func TestResponsesOnOneStream(t *testing.T) {
	t.Parallel()
	var arrived sync.WaitGroup
	arrived.Add(2)
	c, _ := begin(t, Options{}, map[string]func(http.ResponseWriter, *http.Request, jsonrpc.Message){
		"tools/call": func(w http.ResponseWriter, r *http.Request, m jsonrpc.Message) {
			say := stream(w)
			if !m.ID.Is(jsonrpc.ID("1")) {
				arrived.Done()
				<-r.Context().Done()
				return
			}
			arrived.Wait()
			for _, id := range []string{"2", "1", "3"} {
				say(`data: {"jsonrpc":"2.0","id":%s,"result":{"to":%s}}`, id, id)
			}
		},
	})
	shakeHands(c)
	for _, id := range []string{"2", "3", "1"} {
		c.send(`{"jsonrpc":"2.0","id":` + id + `,"method":"tools/call","params":{"name":"x"}}`)
	}
	for _, id := range []string{"1", "2", "3"} {
		c.want(`{"jsonrpc":"2.0","id":` + id + `,"result":{"to":` + id + `}}`)
	}
}

func TestDeadline(t *testing.T) {
	t.Parallel()
	cancelled := make(chan string, 1)
	c, _ := begin(t, Options{}, map[string]func(http.ResponseWriter, *http.Request, jsonrpc.Message){
		"hang": func(_ http.ResponseWriter, r *http.Request, _ jsonrpc.Message) { <-r.Context().Done() },
		"notifications/cancelled": func(w http.ResponseWriter, _ *http.Request, m jsonrpc.Message) {
			cancelled <- string(jsonrpc.Value(m.Params, "requestId"))
			w.WriteHeader(http.StatusAccepted)
		},
	})
	shakeHands(c)
	c.s.timeouts.call = 50 * time.Millisecond // after the handshake, which a busy machine may hold up
	c.send(`{"jsonrpc":"2.0","id":"h","method":"hang"}`)
	c.wantError(`"h"`, "call_timeout")
	if got := <-cancelled; got != `"h"` {
		t.Errorf("cancelled %s", got)
	}
}

func TestCancel(t *testing.T) {
	t.Parallel()
	arrived, release := make(chan struct{}), make(chan struct{})
	c, _ := begin(t, Options{}, map[string]func(http.ResponseWriter, *http.Request, jsonrpc.Message){
		"slow": func(w http.ResponseWriter, _ *http.Request, m jsonrpc.Message) {
			close(arrived)
			<-release
			answer(w, `{"jsonrpc":"2.0","id":%s,"error":{"code":-1,"message":"stopped"}}`, m.ID)
		},
		"notifications/cancelled": func(w http.ResponseWriter, _ *http.Request, _ jsonrpc.Message) {
			close(release)
			w.WriteHeader(http.StatusAccepted)
		},
	})
	shakeHands(c)
	c.send(`{"jsonrpc":"2.0","id":1,"method":"slow"}`)
	<-arrived
	c.send(`{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":1}}`)
	c.want(`{"jsonrpc":"2.0","id":1,"error":{"code":-1,"message":"stopped"}}`)
}

// Whoever sends an id wants an answer, whatever the method is called.
func TestCancelledAsARequest(t *testing.T) {
	t.Parallel()
	c, _ := begin(t, Options{}, map[string]func(http.ResponseWriter, *http.Request, jsonrpc.Message){})
	shakeHands(c)
	c.send(`{"jsonrpc":"2.0","id":1,"method":"notifications/cancelled","params":{"requestId":2}}`)
	c.want(`{"jsonrpc":"2.0","id":1,"result":{}}`)
}

func TestResume(t *testing.T) {
	t.Parallel()
	c, u := begin(t, Options{}, map[string]func(http.ResponseWriter, *http.Request, jsonrpc.Message){
		"tools/call": func(w http.ResponseWriter, _ *http.Request, m jsonrpc.Message) {
			stream(w)("id: e1\nretry: 1\ndata: ")
		},
		"GET": func(w http.ResponseWriter, r *http.Request, _ jsonrpc.Message) {
			if r.Header.Get("Last-Event-ID") != "e1" {
				w.WriteHeader(http.StatusMethodNotAllowed)
				return
			}
			stream(w)(`id: e2` + "\n" + `data: {"jsonrpc":"2.0","id":5,"result":{"text":"resumed"}}`)
		},
	})
	shakeHands(c)
	c.send(`{"jsonrpc":"2.0","id":5,"method":"tools/call","params":{"name":"x"}}`)
	c.want(`{"jsonrpc":"2.0","id":5,"result":{"text":"resumed"}}`)
	calls := 0
	for _, r := range u.requests() {
		if strings.HasPrefix(r, "tools/call") {
			calls++
		}
	}
	if calls != 1 {
		t.Errorf("tools/call was sent %d times", calls)
	}
}

// A connection that breaks in mid-answer must not repeat the call.
func TestBrokenConnection(t *testing.T) {
	t.Parallel()
	c, u := begin(t, Options{}, map[string]func(http.ResponseWriter, *http.Request, jsonrpc.Message){
		"tools/call": func(w http.ResponseWriter, _ *http.Request, _ jsonrpc.Message) {
			conn, buf, err := w.(http.Hijacker).Hijack()
			if err != nil {
				t.Error(err)
				return
			}
			defer conn.Close()
			writer := bufio.NewWriter(buf)
			writer.WriteString("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{\"id\":5,")
			writer.Flush()
		},
	})
	shakeHands(c)
	c.send(`{"jsonrpc":"2.0","id":5,"method":"tools/call","params":{"name":"x"}}`)
	raw := c.next()
	if !strings.Contains(raw, "connection_cut") || !strings.Contains(raw, "may have run") {
		t.Errorf("got %s", raw)
	}
	if got := strings.Count(strings.Join(u.requests(), ";"), "tools/call"); got != 1 {
		t.Errorf("tools/call was sent %d times", got)
	}
}
