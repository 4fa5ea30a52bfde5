package streamable

import (
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync/atomic"
	"testing"
)

// A stream that ends with its response leaves a connection that can be used again.
func TestFinish(t *testing.T) {
	t.Parallel()
	var connections atomic.Int32
	seen := make(chan struct{}, 1)
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		_, _ = w.Write([]byte("data: {\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{}}\n\n"))
		w.(http.Flusher).Flush()
		<-seen
	}))
	server.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			connections.Add(1)
		}
	}
	server.Start()
	defer server.Close()
	address, err := url.Parse(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	transport := &http.Transport{}
	defer transport.CloseIdleConnections()
	client := &Client{URL: address, RoundTripper: transport, MaxMessage: 1 << 20}
	for range 5 {
		answer, err := client.Send(t.Context(), Post{Body: []byte(`{"jsonrpc":"2.0","id":1,"method":"ping"}`), Final: true})
		if err != nil {
			t.Fatal(err)
		}
		for m, err := range answer.Messages() {
			if err != nil || !m.IsResponse() {
				t.Errorf("got %s and %v", m.Raw, err)
			}
			break
		}
		seen <- struct{}{}
		answer.Finish()
	}
	if n := connections.Load(); n != 1 {
		t.Errorf("five requests took %d connections", n)
	}
}
