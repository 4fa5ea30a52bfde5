package gateway

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"ucbridge/bridge/databricks"
)

// hears returns when a line of the stream holds the word, or fails the test.
func hears(t *testing.T, lines *bufio.Scanner, word string) {
	t.Helper()
	for lines.Scan() {
		if strings.Contains(lines.Text(), word) {
			return
		}
	}
	t.Errorf("the stream ended without %q: %v", word, lines.Err())
}

// TestListeners has many listeners idle while calls are made, and then something
// to hear for all of them. ("make bench" has ten thousand.)
func TestListeners(t *testing.T) {
	t.Parallel()
	const listeners = 150
	s := set(t, databricks.Target{Connection: "github"}, nil)
	streams := make([]*bufio.Scanner, listeners)
	var all sync.WaitGroup
	for i := range streams {
		all.Go(func() {
			session := s.begin(t, ada)
			s.call(t, "POST", ada, `{"jsonrpc":"2.0","id":2,"method":"resources/subscribe","params":{"uri":"repo://octo/hello-mcp/issues"}}`, session)
			resp, err := s.send(t.Context(), "GET", ada, "", session)
			if err != nil || resp.StatusCode != http.StatusOK {
				t.Errorf("GET: %v", err)
				return
			}
			t.Cleanup(func() { resp.Body.Close() })
			streams[i] = bufio.NewScanner(resp.Body)
		})
	}
	all.Wait()
	if t.Failed() {
		return
	}
	session := s.begin(t, ada)
	status, body, _ := s.call(t, "POST", ada, `{"jsonrpc":"2.0","id":3,"method":"tools/call","params":{"name":"create_issue","arguments":{"owner":"octo","repo":"hello-mcp","title":"x"}}}`, session)
	if status != http.StatusOK {
		t.Fatalf("create_issue: %d %s", status, body)
	}
	for _, lines := range streams {
		hears(t, lines, "notifications/resources/updated")
	}
}

// TestDrain ends a gateway with a call and a stream under way: the call is
// answered, and the stream is whole.
func TestDrain(t *testing.T) {
	t.Parallel()
	s := set(t, databricks.Target{Connection: "github"}, nil)
	session := s.begin(t, ada)
	stream, err := s.send(t.Context(), "GET", ada, "", session)
	if err != nil {
		t.Fatal(err)
	}
	defer stream.Body.Close()
	answered := make(chan string, 1)
	go func() {
		_, body, _ := s.call(t, "POST", ada, `{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"slow","arguments":{"duration":"300ms"}}}`, session)
		answered <- body
	}()
	for s.workspace.Executions("slow") == 0 {
		if err := t.Context().Err(); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.end(); err != nil {
		t.Errorf("the end: %v", err)
	}
	if body := <-answered; !strings.Contains(body, "waited 300ms") {
		t.Errorf("the call under way: %s", body)
	}
	if _, err := io.Copy(io.Discard, stream.Body); err != nil {
		t.Errorf("the stream: %v", err)
	}
	if resp, err := s.send(t.Context(), "POST", ada, hello); err == nil {
		resp.Body.Close()
		t.Error("still served after the end")
	}
}

// TestCallerGone checks that a call whose caller has gone is not held any longer,
// and that nothing is counted as under way.
func TestCallerGone(t *testing.T) {
	t.Parallel()
	s := set(t, databricks.Target{Connection: "github"}, func(o *Options) { o.Limits.Calls = 1 })
	session := s.begin(t, ada)
	ctx, cancel := context.WithCancel(t.Context())
	gone := make(chan error, 1)
	go func() {
		resp, err := s.send(ctx, "POST", ada, `{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"slow","arguments":{"duration":"1h"}}}`, session)
		if err == nil {
			resp.Body.Close()
		}
		gone <- err
	}()
	for s.workspace.Executions("slow") == 0 {
		if err := t.Context().Err(); err != nil {
			t.Fatal(err)
		}
	}
	status, body, h := s.call(t, "POST", ada, `{"jsonrpc":"2.0","id":3,"method":"ping"}`, session)
	if status != http.StatusTooManyRequests || h.Get("Retry-After") == "" || !strings.Contains(body, `"id":3`) {
		t.Errorf("beyond the limit: %d %s", status, body)
	}
	cancel()
	if err := <-gone; err == nil {
		t.Error("the call was answered")
	}
	for {
		if status, _, _ := s.call(t, "POST", ada, `{"jsonrpc":"2.0","id":4,"method":"ping"}`, session); status == http.StatusOK {
			return
		}
		if err := t.Context().Err(); err != nil {
			t.Fatal(err)
		}
	}
}

// TestCallTimeout checks that a server that does not answer costs its caller no
// more than the time that is allowed.
func TestCallTimeout(t *testing.T) {
	t.Parallel()
	s := set(t, databricks.Target{Connection: "github"}, nil)
	session := s.begin(t, ada) // at a gateway that allows more: a busy machine takes its time
	hurried := s.gateway.opts
	hurried.CallTimeout = 50 * time.Millisecond
	server := httptest.NewServer(New(hurried).Handler())
	t.Cleanup(server.Close)
	s.url = server.URL
	status, body, _ := s.call(t, "POST", ada, `{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"slow","arguments":{"duration":"1h"}}}`, session)
	if status != http.StatusOK || !strings.Contains(body, `"id":2`) || !strings.Contains(body, "call_timeout") || !strings.Contains(body, "may have run") {
		t.Errorf("%d %s", status, body)
	}
}

// TestLargeMessages passes messages of a size around those of the pieces they are
// copied in, and refuses one that is too long.
func TestLargeMessages(t *testing.T) {
	t.Parallel()
	s := set(t, databricks.Target{Connection: "github"}, nil)
	session := s.begin(t, ada)
	for _, size := range []int{0, smallPiece - 60, smallPiece, largePiece, largePiece + 1, 700_000} {
		text := strings.Repeat("x", size)
		status, body, _ := s.call(t, "POST", ada, fmt.Sprintf(`{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"echo","arguments":{"text":%q}}}`, text), session)
		if want := `"text":"` + text + `"`; status != http.StatusOK || !strings.Contains(body, want) {
			t.Errorf("%d bytes: %d %.100s", size, status, body)
		}
	}
	status, body, _ := s.call(t, "POST", ada, `{"jsonrpc":"2.0","id":2,"method":"ping","params":{"x":"`+strings.Repeat("x", 1<<20)+`"}}`, session)
	if status != http.StatusRequestEntityTooLarge || !strings.Contains(body, "message_too_large") {
		t.Errorf("too long: %d %s", status, body)
	}
}

// TestSlowCallers checks that a caller who neither sends nor reads is not waited
// for.
func TestSlowCallers(t *testing.T) {
	t.Parallel()
	s := set(t, databricks.Target{Connection: "github"}, func(o *Options) { o.bodyTimeout, o.writeTimeout = time.Second, time.Second })
	session := s.begin(t, ada)
	raw := func(token string, length int, body string) net.Conn {
		conn, err := net.Dial("tcp", strings.TrimPrefix(s.url, "http://"))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { conn.Close() })
		fmt.Fprintf(conn, "POST /mcp/x HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nAccept: */*\r\nX-Forwarded-Access-Token: %s\r\n%s\r\nContent-Length: %d\r\n\r\n%s",
			token, session, length, body)
		return conn
	}
	resp, err := http.ReadResponse(bufio.NewReader(raw(ada, 100, `{"jsonrpc"`)), nil)
	if err != nil || resp.StatusCode != http.StatusRequestTimeout {
		t.Errorf("half a message: %v, %v", resp, err)
	}
	// A refusal that comes before the body was read does not wait for it either.
	resp, err = http.ReadResponse(bufio.NewReader(raw("nobody", 100, "")), nil)
	if err != nil || resp.StatusCode != http.StatusUnauthorized {
		t.Errorf("no message of nobody: %v, %v", resp, err)
	}
	endless := `{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"echo","arguments":{"text":"0123456789","repeat":5000000}}}`
	raw(ada, len(endless), endless) // 50 MB, which nobody reads
	for !strings.Contains(s.log.String(), `"rpc":"tools/call"`) {
		if err := t.Context().Err(); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Millisecond)
	}
}

// TestAcceptsEvents: media types may be in capitals.
func TestAcceptsEvents(t *testing.T) {
	t.Parallel()
	for accept, want := range map[string]bool{
		"application/json, text/event-stream": true, "Application/JSON, Text/Event-Stream": true, "application/json": false, "": false,
	} {
		if got := acceptsEvents(http.Header{"Accept": {accept}}); got != want {
			t.Errorf("%q: %v", accept, got)
		}
	}
}
