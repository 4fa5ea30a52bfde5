package network

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"ucbridge/bridge/refusal"
)

// A proxy that refuses the way is named, with what it wants.
func TestProxyRefuses(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name          string
		status        int
		authenticate  string
		user          *url.Userinfo
		reason        refusal.Reason
		message, hint string
	}{
		{"wants a password", 407, `Basic realm="x"`, nil, refusal.ProxyRefused, "wants a user and a password", "HTTPS_PROXY=http://USER:PASSWORD@"},
		{"took no password", 407, `Basic realm="x"`, url.UserPassword("u", "s3cr3t"), refusal.ProxyRefused, "did not take the user and password", "correct them"},
		{"wants Kerberos", 407, "Negotiate", nil, refusal.ProxyRefused, "wants a sign-in by negotiate, which ucbridge cannot do", "px or cntlm"},
		{"forbids", 403, "", nil, refusal.ProxyRefused, "refuses to connect to w.test (HTTP 403)", "allow w.test"},
		{"cannot connect", 503, "", nil, refusal.WorkspaceUnreachable, "cannot reach w.test (HTTP 503)", "try again"},
	} {
		server := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
			if tt.authenticate != "" {
				rw.Header().Set("Proxy-Authenticate", tt.authenticate)
			}
			rw.WriteHeader(tt.status)
		}))
		transport, err := newTransport("")
		if err != nil {
			t.Fatal(err)
		}
		proxy, err := url.Parse(server.URL)
		if err != nil {
			t.Fatal(err)
		}
		proxy.User = tt.user
		transport.Proxy = http.ProxyURL(proxy)
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "https://w.test/x", nil)
		if err != nil {
			t.Fatal(err)
		}
		_, err = Send(transport, req)
		server.Close()
		e, ok := refusalIn(err)
		if !ok || e.Data.Reason != tt.reason || !strings.Contains(e.Message, tt.message) || !strings.Contains(e.Data.Hint, tt.hint) ||
			!strings.Contains(e.Message, proxy.Host) || strings.Contains(err.Error(), "s3cr3t") || !NeverSent(err) {
			t.Errorf("%s: %v", tt.name, err)
		}
	}
}

// A proxy that accepts connections and says nothing is what a request has waited for,
// whoever ends the waiting.
func TestProxySilent(t *testing.T) {
	t.Parallel()
	for _, scheme := range []string{"http", "socks5"} {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		ctx, end := context.WithCancelCause(t.Context())
		cancel := func() { end(errors.New("nobody waits any longer")) }
		served := make(chan struct{})
		go func() {
			defer close(served)
			conn, err := listener.Accept()
			if err != nil {
				t.Error(err)
				return
			}
			defer conn.Close()
			_, _ = io.ReadAtLeast(conn, make([]byte, 256), 1) // asked, it does not answer
			cancel()
			_, _ = io.Copy(io.Discard, conn)
		}()
		transport, err := newTransport("")
		if err != nil {
			t.Fatal(err)
		}
		proxy := &url.URL{Scheme: scheme, Host: listener.Addr().String()}
		transport.Proxy = http.ProxyURL(proxy)
		req, err := http.NewRequestWithContext(ctx, http.MethodPost, "https://w.test/x", nil)
		if err != nil {
			t.Fatal(err)
		}
		_, err = Send(poolOf(transport), req)
		e, ok := refusalIn(err)
		if !ok || e.Data.Reason != refusal.ProxyRefused || !strings.Contains(e.Message, "The proxy "+proxy.Host+" accepts connections but does not answer") ||
			!NeverSent(err) || !AtProxy(err) {
			t.Errorf("%s: %v", scheme, err)
		}
		cancel()
		transport.CloseIdleConnections()
		listener.Close()
		<-served
	}
}
