package session

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"ucbridge/bridge/jsonrpc"
	"ucbridge/bridge/refusal"
	"ucbridge/bridge/standby"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestBytesPassUnchanged(t *testing.T) {
	t.Parallel()
	request := `{"id":9007199254740993,"method":"future/method" , "jsonrpc":"2.0","futureMember":1.0,"params":{"_meta":{"progressToken":9007199254740995},"\u003c":"\u2028","z":1e23,"a":null}}`
	response := `{"result":{"z":1.0,"a":9007199254740997,"\u003c":"<"},"futureMember":{},"id":9007199254740993,"jsonrpc":"2.0"}`
	var saw string
	c, _ := begin(t, Options{}, map[string]func(http.ResponseWriter, *http.Request, jsonrpc.Message){
		"future/method": func(w http.ResponseWriter, _ *http.Request, m jsonrpc.Message) {
			saw = string(m.Raw)
			answer(w, "%s", response)
		},
	})
	shakeHands(c)
	c.send(request)
	c.want(response)
	if saw != request {
		t.Errorf("the server saw %s", saw)
	}
}

func TestHeadersAndOrder(t *testing.T) {
	t.Parallel()
	var versions []string
	c, u := begin(t, Options{}, map[string]func(http.ResponseWriter, *http.Request, jsonrpc.Message){
		"tools/list": func(w http.ResponseWriter, r *http.Request, m jsonrpc.Message) {
			versions = append(versions, r.Header.Get("MCP-Protocol-Version"), r.Header.Get("Accept"), r.Header.Get("Content-Type"))
			answer(w, `{"jsonrpc":"2.0","id":%s,"result":{}}`, m.ID)
		},
	})
	c.send(hello)
	c.send(`{"jsonrpc":"2.0","method":"notifications/initialized"}`)
	c.send(`{"jsonrpc":"2.0","method":"notifications/one"}`)
	c.send(`{"jsonrpc":"2.0","method":"notifications/two"}`)
	c.send(`{"jsonrpc":"2.0","id":1,"method":"tools/list"}`)
	c.next()
	c.want(`{"jsonrpc":"2.0","id":1,"result":{}}`)
	c.s.Close(time.Second)
	var posts []string
	for _, r := range u.requests() {
		if !strings.HasPrefix(r, "GET") {
			posts = append(posts, r)
		}
	}
	want := "initialize;notifications/initialized one;notifications/one one;notifications/two one;tools/list one;DELETE one"
	if got := strings.Join(posts, ";"); got != want {
		t.Errorf("the server saw\n%s\nwant\n%s", got, want)
	}
	if got := strings.Join(versions, ";"); got != "2025-11-25;application/json, text/event-stream;application/json" {
		t.Errorf("headers: %s", got)
	}
}

func TestRequestsDoNotWaitForEachOther(t *testing.T) {
	t.Parallel()
	release := make(chan struct{})
	c, _ := begin(t, Options{}, map[string]func(http.ResponseWriter, *http.Request, jsonrpc.Message){
		"slow": func(w http.ResponseWriter, _ *http.Request, m jsonrpc.Message) {
			<-release
			answer(w, `{"jsonrpc":"2.0","id":%s,"result":{}}`, m.ID)
		},
	})
	shakeHands(c)
	for i := range 20 {
		c.send(fmt.Sprintf(`{"jsonrpc":"2.0","id":%d,"method":"slow"}`, i))
	}
	c.send(`{"jsonrpc":"2.0","method":"notifications/roots/list_changed"}`)
	c.send(`{"jsonrpc":"2.0","id":"fast","method":"fast"}`)
	c.want(`{"jsonrpc":"2.0","id":"fast","result":{}}`)
	close(release)
	for range 20 {
		c.next()
	}
}

func TestServerAsksOnThePostStream(t *testing.T) {
	t.Parallel()
	reply := make(chan string, 1)
	c, _ := begin(t, Options{CallTimeout: time.Hour}, map[string]func(http.ResponseWriter, *http.Request, jsonrpc.Message){
		"tools/call": func(w http.ResponseWriter, _ *http.Request, m jsonrpc.Message) {
			send := stream(w)
			send("data: %s", `{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":1,"progress":1}}`)
			send("data: %s", `{"jsonrpc":"2.0","id":"q","method":"elicitation/create","params":{}}`)
			send(`data: {"jsonrpc":"2.0","id":%s,"result":{"said":%s}}`, m.ID, <-reply)
		},
		"response": func(w http.ResponseWriter, _ *http.Request, m jsonrpc.Message) {
			reply <- string(m.Result)
			w.WriteHeader(http.StatusAccepted)
		},
	})
	within := make(chan string, 8)
	c.delivered = func(m jsonrpc.Message) {
		if !m.IsResponse() {
			within <- m.Method + " " + string(m.Within)
		}
	}
	shakeHands(c)
	c.send(`{"jsonrpc":"2.0","id":5,"method":"tools/call","params":{"name":"x"}}`)
	c.want(`{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":1,"progress":1}}`)
	c.want(`{"jsonrpc":"2.0","id":"q","method":"elicitation/create","params":{}}`)
	c.send(`{"jsonrpc":"2.0","id":"q","result":{"action":"accept"}}`)
	c.want(`{"jsonrpc":"2.0","id":5,"result":{"said":{"action":"accept"}}}`)
	for _, want := range []string{"notifications/progress 5", "elicitation/create 5"} {
		if got := <-within; got != want {
			t.Errorf("the client got %q, want %q", got, want)
		}
	}
}

func TestGetStream(t *testing.T) {
	t.Parallel()
	lines := make(chan string)
	c, _ := begin(t, Options{}, map[string]func(http.ResponseWriter, *http.Request, jsonrpc.Message){
		"GET": func(w http.ResponseWriter, r *http.Request, _ jsonrpc.Message) {
			send := stream(w)
			for {
				select {
				case line := <-lines:
					send("data: %s", line)
				case <-r.Context().Done():
					return
				}
			}
		},
	})
	shakeHands(c)
	lines <- `{"jsonrpc":"2.0","method":"notifications/tools/list_changed"}`
	c.want(`{"jsonrpc":"2.0","method":"notifications/tools/list_changed"}`)
	lines <- `{"jsonrpc":"2.0","id":1,"method":"roots/list"}`
	c.want(`{"jsonrpc":"2.0","id":1,"method":"roots/list"}`)
}

func TestBufferedRoad(t *testing.T) {
	t.Parallel()
	const trimmed = `{"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{"elicitation":{"url":{}}},"clientInfo":{"name":"t","version":"1"}}}`
	for name, tt := range map[string]struct {
		keep bool
		want string
	}{"trimmed": {false, trimmed}, "kept": {true, hello}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var saw string
			c, u := begin(t, Options{Route: route{buffered: true}, KeepCapabilities: tt.keep}, map[string]func(http.ResponseWriter, *http.Request, jsonrpc.Message){
				"initialize": func(w http.ResponseWriter, r *http.Request, m jsonrpc.Message) {
					saw = string(m.Raw)
					welcomes("2025-11-25")(w, r, m)
				},
			})
			shakeHands(c)
			if saw != tt.want {
				t.Errorf("the server saw %s", saw)
			}
			for _, r := range u.requests() {
				if strings.HasPrefix(r, "GET") {
					t.Error("a GET stream was opened")
				}
			}
		})
	}
}

// A result of initialize that agrees on nothing is no handshake: the standby says so.
func TestEmptyHandshake(t *testing.T) {
	t.Parallel()
	c, _ := begin(t, Options{}, map[string]func(http.ResponseWriter, *http.Request, jsonrpc.Message){
		"initialize": func(w http.ResponseWriter, _ *http.Request, m jsonrpc.Message) {
			answer(w, `{"jsonrpc":"2.0","id":%s,"result":{}}`, m.ID)
		},
	})
	c.send(hello)
	m, err := jsonrpc.Parse([]byte(c.next()))
	if err != nil || !strings.Contains(jsonrpc.Text(m.Result, "instructions"), "names no protocol version") {
		t.Errorf("got %s, %v", m.Raw, err)
	}
}

func TestStandbyAnswersInitialize(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	down := true
	c, _ := begin(t, Options{}, map[string]func(http.ResponseWriter, *http.Request, jsonrpc.Message){
		"initialize": func(w http.ResponseWriter, r *http.Request, m jsonrpc.Message) {
			mu.Lock()
			defer mu.Unlock()
			if down {
				w.WriteHeader(http.StatusBadGateway)
				return
			}
			welcomes("2025-11-25")(w, r, m)
		},
		"tools/list": func(w http.ResponseWriter, _ *http.Request, m jsonrpc.Message) {
			answer(w, `{"jsonrpc":"2.0","id":%s,"result":{"tools":[{"name":"search"}]}}`, m.ID)
		},
	})
	c.send(strings.Replace(hello, `"id":0`, `"id":9007199254740993`, 1))
	m, err := jsonrpc.Parse([]byte(c.next()))
	if err != nil || string(m.ID) != "9007199254740993" {
		t.Fatalf("got %s, %v", m.Raw, err)
	}
	if text := jsonrpc.Text(m.Result, "instructions"); !strings.Contains(text, "HTTP 502") {
		t.Errorf("instructions: %s", text)
	}
	c.send(`{"jsonrpc":"2.0","method":"notifications/initialized"}`)
	c.send(`{"jsonrpc":"2.0","id":1,"method":"tools/list"}`)
	if got := c.next(); !strings.Contains(got, standby.StatusTool) {
		t.Errorf("tools/list: %s", got)
	}
	c.send(`{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"search"}}`)
	if got := c.next(); !strings.Contains(got, `"isError":true`) || !strings.Contains(got, "HTTP 502") {
		t.Errorf("tools/call: %s", got)
	}
	mu.Lock()
	down = false
	mu.Unlock()
	c.send(`{"jsonrpc":"2.0","id":3,"method":"tools/call","params":{"name":"search"}}`)
	c.want(`{"jsonrpc":"2.0","method":"notifications/tools/list_changed"}`)
	c.want(`{"jsonrpc":"2.0","id":3,"result":{}}`)
	c.send(`{"jsonrpc":"2.0","id":4,"method":"prompts/list"}`)
	c.want(`{"jsonrpc":"2.0","id":4,"result":{"prompts":[]}}`)
	c.send(`{"jsonrpc":"2.0","id":5,"method":"tools/call","params":{"name":"ucbridge_status"}}`)
	if got := c.next(); !strings.Contains(got, "State: connected") || !strings.Contains(got, "begin a new session") {
		t.Errorf("status before the tools are listed again: %s", got)
	}
	c.send(`{"jsonrpc":"2.0","id":6,"method":"tools/list"}`)
	if got := c.next(); !strings.HasPrefix(got, `{"jsonrpc":"2.0","id":6,"result":{"tools":[{"name":"search"},{`) || !strings.Contains(got, standby.StatusTool) {
		t.Errorf("tools: %s", got)
	}
	c.send(`{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"ucbridge_status"}}`)
	if got := c.next(); !strings.Contains(got, "State: connected") || strings.Contains(got, "begin a new session") {
		t.Errorf("status: %s", got)
	}
}

// Who asks for the state hears the truth of this moment, not that of the last try.
func TestStatusTriesOnce(t *testing.T) {
	t.Parallel()
	var down atomic.Bool
	down.Store(true)
	u := &scripted{fail: func(m jsonrpc.Message) error {
		if m.Method == "initialize" && down.Load() {
			return refusal.New(refusal.ConnectionLoginRequired, "You are not signed in.")
		}
		return nil
	}}
	inBubble(t, Options{}, u, func(t *testing.T, c *client) {
		time.Sleep(10 * time.Minute) // tries are a minute apart by now
		down.Store(false)
		c.send(`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"ucbridge_status"}}`)
		for raw := c.next(); ; raw = c.next() {
			if strings.Contains(raw, `"id":1`) {
				if !strings.Contains(raw, "State: connected") {
					t.Errorf("status: %s", raw)
				}
				break
			}
		}
	})
}

func TestBatch(t *testing.T) {
	t.Parallel()
	batch := `[{"jsonrpc":"2.0","id":1,"method":"a"},{"jsonrpc":"2.0","method":"b"},{"jsonrpc":"2.0","id":2,"method":"c"}]`
	for version, want := range map[string][]string{
		"2025-03-26": {`[{"jsonrpc":"2.0","id":2,"result":{}},{"jsonrpc":"2.0","id":1,"result":{}}]`},
		"2025-06-18": nil,
	} {
		t.Run(version, func(t *testing.T) {
			t.Parallel()
			c, _ := begin(t, Options{}, map[string]func(http.ResponseWriter, *http.Request, jsonrpc.Message){
				"initialize": welcomes(version),
				"": func(w http.ResponseWriter, _ *http.Request, m jsonrpc.Message) {
					if string(m.Raw) != batch {
						t.Errorf("the server saw %s", m.Raw)
					}
					answer(w, "%s", want[0])
				},
			})
			shakeHands(c)
			c.send(batch)
			if want == nil {
				c.wantError("", "batch_not_allowed")
				return
			}
			for _, line := range want {
				c.want(line)
			}
		})
	}
}
