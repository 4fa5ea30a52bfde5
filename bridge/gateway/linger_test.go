package gateway

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"ucbridge/bridge/databricks"
)

// beginBody sends the head of a POST by hand; frame says how long its body is.
func (s *stage) beginBody(t *testing.T, token, frame string) net.Conn {
	t.Helper()
	conn, err := net.Dial("tcp", strings.TrimPrefix(s.url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	fmt.Fprintf(conn, "POST /mcp/x HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nX-Forwarded-Access-Token: %s\r\n%s\r\n\r\n", token, frame)
	return conn
}

// TestUnreadBody: a client that reads nothing before it has sent all gets the answer to a
// body that nobody wanted.
func TestUnreadBody(t *testing.T) {
	t.Parallel()
	const size = 20 << 20
	piece := bytes.Repeat([]byte("x"), size/20)
	for name, c := range map[string]struct {
		token, frame, begin, end string
		want                     int
	}{
		"too large, announced":     {ada, fmt.Sprintf("Content-Length: %d", size), "", "", http.StatusRequestEntityTooLarge},
		"too large, not announced": {ada, "Transfer-Encoding: chunked", fmt.Sprintf("%x\r\n", size), "\r\n0\r\n\r\n", http.StatusRequestEntityTooLarge},
		"of nobody":                {"dapi-nobody", fmt.Sprintf("Content-Length: %d", size), "", "", http.StatusUnauthorized},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := set(t, databricks.Target{Connection: "github"}, nil)
			conn := s.beginBody(t, c.token, c.frame)
			parts := []io.Reader{strings.NewReader(c.begin)}
			for range size / len(piece) {
				parts = append(parts, bytes.NewReader(piece))
			}
			if _, err := io.Copy(conn, io.MultiReader(append(parts, strings.NewReader(c.end))...)); err != nil {
				t.Fatalf("sending the body: %v", err)
			}
			resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
			if err != nil {
				t.Fatal(err)
			}
			body, err := io.ReadAll(resp.Body)
			if resp.StatusCode != c.want || err != nil || !strings.Contains(string(body), `"error":{`) || !resp.Close {
				t.Errorf("%d %s, closes %v: %v", resp.StatusCode, body, resp.Close, err)
			}
		})
	}
}

// TestUnsentBody: a client that has its answer and sends no more of its body is waited for
// no longer than for a body, and not at the end of the gateway.
func TestUnsentBody(t *testing.T) {
	t.Parallel()
	for name, patience := range map[string]time.Duration{"time is up": time.Second, "the gateway ends": time.Hour} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := set(t, databricks.Target{Connection: "github"}, func(o *Options) { o.bodyTimeout = patience })
			conn := s.beginBody(t, ada, fmt.Sprintf("Content-Length: %d", 20<<20))
			from := bufio.NewReader(conn)
			resp, err := http.ReadResponse(from, nil)
			if err != nil || resp.StatusCode != http.StatusRequestEntityTooLarge {
				t.Fatal(resp, err)
			}
			if patience == time.Hour {
				if err := s.end(); err != nil {
					t.Error(err)
				}
				if strings.Contains(s.log.String(), "calls cut at the end") {
					t.Error("the end has waited for the body")
				}
			}
			if _, err := io.Copy(io.Discard, from); err != nil {
				t.Errorf("the end of the connection: %v", err)
			}
		})
	}
}
