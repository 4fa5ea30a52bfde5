package network

import (
	"bufio"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"

	"ucbridge/bridge/refusal"
)

// Bytes that are not HTTP are not called a connection that was cut and nothing more.
func TestNotHTTP(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		answer string
		words  string
	}{
		"no status line":      {"HELLO\r\n\r\n", "is not HTTP, or was cut"},
		"no header":           {`{"jsonrpc":"2.0","id":1,"result":{}}` + "\n", "is not HTTP, or was cut"},
		"bad status":          {"HTTP/1.1 99 X\r\n\r\n", "is not HTTP, or was cut"},
		"control character":   {"HTTP/1.1 200 OK\r\nMcp-Session-Id: a\x01b\r\nContent-Length: 0\r\n\r\n", "is not HTTP, or was cut"},
		"length below zero":   {"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n", "is not HTTP, or was cut"},
		"two lengths":         {"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n", "is not HTTP, or was cut"},
		"unknown encoding":    {"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n", "is not HTTP, or was cut"},
		"nothing":             {"", "was cut before the answer came"},
		"cut in the header":   {"HTTP/1.1 200 OK\r\nContent-Le", "is not HTTP, or was cut"},
		"cut in the status":   {"HTTP/1.1 2", "is not HTTP, or was cut"},
		"cut after the first": {"HTTP/1.1 200 OK\r\n", "was cut before the answer came"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			listener, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			defer listener.Close()
			go func() {
				conn, err := listener.Accept()
				if err != nil {
					return
				}
				defer conn.Close()
				if req, err := http.ReadRequest(bufio.NewReader(conn)); err == nil {
					_, _ = io.Copy(io.Discard, req.Body)
				}
				_, _ = io.WriteString(conn, tt.answer)
			}()
			req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+listener.Addr().String(), strings.NewReader("x"))
			if err != nil {
				t.Fatal(err)
			}
			transport := &http.Transport{}
			defer transport.CloseIdleConnections()
			_, err = Send(transport, req)
			if e, ok := errors.AsType[*refusal.Error](err); !ok || e.Data.Reason != refusal.ConnectionCut || !strings.Contains(e.Message, tt.words) {
				t.Errorf("%v, want %q", err, tt.words)
			}
		})
	}
}
