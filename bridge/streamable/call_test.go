package streamable_test

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"

	"ucbridge/bridge/jsonrpc"
	"ucbridge/bridge/streamable"
)

// TestCall has a server answer a request in the ways that a response can be had from.
func TestCall(t *testing.T) {
	t.Parallel()
	const result = `"result":{"a":1}}`
	compressed := func(text string) string {
		var b bytes.Buffer
		w := gzip.NewWriter(&b)
		fmt.Fprint(w, text)
		w.Close()
		return b.String()
	}
	for name, c := range map[string]struct {
		kind, encoding, body string
		want                 string // the response, "" for ErrNoResponse
	}{
		"its own id":        {"application/json", "", `{"jsonrpc":"2.0","id":7,` + result, `{"jsonrpc":"2.0","id":7,` + result},
		"another spelling":  {"application/json", "", `{"jsonrpc":"2.0","id":7.0,` + result, `{"jsonrpc":"2.0","id":7.0,` + result},
		"a foreign id":      {"application/json", "", `{"jsonrpc":"2.0","id":"x",` + result, `{"jsonrpc":"2.0","id":"x",` + result},
		"compressed":        {"application/json", "gzip", compressed(`{"jsonrpc":"2.0","id":7,` + result), `{"jsonrpc":"2.0","id":7,` + result},
		"compressed stream": {"text/event-stream", "gzip", compressed(`data: {"jsonrpc":"2.0","id":7,` + result + "\n\n"), `{"jsonrpc":"2.0","id":7,` + result},
		"behind another":    {"text/event-stream", "", `data: {"jsonrpc":"2.0","id":8,` + result + "\n\n" + `data: {"jsonrpc":"2.0","id":7,` + result + "\n\n", `{"jsonrpc":"2.0","id":7,` + result},
		"no blank line":     {"text/event-stream", "", `data: {"jsonrpc":"2.0","id":7,` + result, `{"jsonrpc":"2.0","id":7,` + result},
		"a question alone":  {"application/json", "", `{"jsonrpc":"2.0","id":7,"method":"ping"}`, ""},
	} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", c.kind)
			if c.encoding != "" {
				w.Header().Set("Content-Encoding", c.encoding)
			}
			fmt.Fprint(w, c.body)
		}))
		to, err := url.Parse(server.URL)
		if err != nil {
			t.Fatal(err)
		}
		client := streamable.Client{URL: to, RoundTripper: &http.Transport{DisableCompression: true, DisableKeepAlives: true}, MaxMessage: 1 << 20}
		request, err := streamable.NewRequest(jsonrpc.ID("7"), "tools/list", []byte(`{}`))
		if err != nil {
			t.Fatal(err)
		}
		reply, err := client.Call(t.Context(), streamable.Conversation{}, request, nil)
		if string(reply.Raw) != c.want || (c.want == "") != errors.Is(err, streamable.ErrNoResponse) {
			t.Errorf("%s: %s, %v", name, reply.Raw, err)
		}
		server.Close()
	}
	if _, err := streamable.NewRequest(jsonrpc.ID("1"), "m", []byte("{")); err == nil {
		t.Error("params that are no JSON made a request")
	}
}

// TestForeignVoice: a server's error that bears the bridge's name gets another, unless the
// server is the bridge.
func TestForeignVoice(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprint(w, `{"jsonrpc":"2.0","id":7,"error":{"code":1,"message":"m","data":{"source":"ucbridge"}}}`)
	}))
	defer server.Close()
	to, err := url.Parse(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	request, err := streamable.NewRequest(jsonrpc.ID("7"), "tools/list", []byte(`{}`))
	if err != nil {
		t.Fatal(err)
	}
	for own, want := range map[bool]string{false: "server", true: "ucbridge"} {
		client := streamable.Client{URL: to, RoundTripper: http.DefaultTransport, MaxMessage: 1 << 20, Own: own}
		reply, err := client.Call(t.Context(), streamable.Conversation{}, request, nil)
		if got := jsonrpc.Text(reply.Error, "data", "source"); err != nil || got != want {
			t.Errorf("own %v: %s, %v", own, reply.Raw, err)
		}
	}
}

func ExampleNewRequest() {
	request, err := streamable.NewRequest(jsonrpc.ID(`"a"`), "tools/call", []byte(`{"name":"echo"}`))
	fmt.Println(string(request.Raw), err)
	// Output: {"jsonrpc":"2.0","id":"a","method":"tools/call","params":{"name":"echo"}} <nil>
}
