package network

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"

	"ucbridge/bridge/refusal"
)

// ProxyError is a proxy's refusal to open a way to the workspace: its answer to
// CONNECT, or that it gave none. Nothing has been sent.
type ProxyError struct {
	Proxy  string // host and port
	Status int    // 0 where it accepted a connection and said nothing
	// Schemes are the ways to sign in that a 407 names, in lower case; SignedIn says
	// that the proxy was given a user and password.
	Schemes  []string
	SignedIn bool
}

func (e *ProxyError) Error() string {
	if e.Status == 0 {
		return fmt.Sprintf("opening a way through the proxy %s: no answer", e.Proxy)
	}
	return fmt.Sprintf("opening a way through the proxy %s: HTTP %d", e.Proxy, e.Status)
}

// readConnect reads a proxy's answer to CONNECT (net/http,
// Transport.OnProxyConnectResponse).
func readConnect(_ context.Context, proxy *url.URL, _ *http.Request, resp *http.Response) error {
	if resp.StatusCode/100 == 2 {
		return nil
	}
	e := &ProxyError{Proxy: proxy.Host, Status: resp.StatusCode, SignedIn: proxy.User != nil}
	for _, value := range resp.Header.Values("Proxy-Authenticate") {
		scheme, _, _ := strings.Cut(strings.TrimSpace(value), " ")
		e.Schemes = append(e.Schemes, strings.ToLower(scheme))
	}
	return e
}

// AtProxy reports whether err is the fault of a proxy before the workspace: its
// refusal, or that it cannot be reached.
func AtProxy(err error) bool {
	if _, ok := errors.AsType[*ProxyError](err); ok {
		return true
	}
	op, ok := errors.AsType[*net.OpError](err)
	return ok && op.Op == "proxyconnect"
}

// refused words the proxy's refusal.
func (e *ProxyError) refused(to *url.URL) *refusal.Error {
	said := func(format string, args ...any) *refusal.Error {
		r := refusal.New(refusal.ProxyRefused, format, args...)
		r.Data.HTTPStatus = e.Status
		return r
	}
	basic := len(e.Schemes) == 0
	for _, scheme := range e.Schemes {
		basic = basic || scheme == "basic"
	}
	switch {
	case e.Status == 0:
		return refusal.New(refusal.ProxyRefused, "The proxy %s accepts connections but does not answer.", e.Proxy).
			WithHint("check kind, host and port in HTTPS_PROXY (http://HOST:PORT or socks5://HOST:PORT); if they are right, tell whoever runs the proxy")
	case e.Status == http.StatusProxyAuthRequired && !basic:
		return said("The proxy %s wants a sign-in by %s, which ucbridge cannot do.", e.Proxy, refusal.Quote(strings.Join(e.Schemes, ", "))).
			WithHint("set HTTPS_PROXY to a program on this machine that signs in to it, such as px or cntlm, or ask for an exception for %s", to.Hostname())
	case e.Status == http.StatusProxyAuthRequired && e.SignedIn:
		return said("The proxy %s did not take the user and password of HTTPS_PROXY.", e.Proxy).
			WithHint("correct them: HTTPS_PROXY=http://USER:PASSWORD@%s", e.Proxy)
	case e.Status == http.StatusProxyAuthRequired:
		return said("The proxy %s wants a user and a password.", e.Proxy).
			WithHint("give them: HTTPS_PROXY=http://USER:PASSWORD@%s", e.Proxy)
	case e.Status >= http.StatusInternalServerError:
		r := said("The proxy %s cannot reach %s (HTTP %d).", e.Proxy, to.Hostname(), e.Status).
			WithHint("try again in a moment; if it persists, tell whoever runs the proxy")
		r.Data.Reason, r.Data.Retryable = refusal.WorkspaceUnreachable, true
		return r
	}
	return said("The proxy %s refuses to connect to %s (HTTP %d).", e.Proxy, to.Hostname(), e.Status).
		WithHint("ask whoever runs the proxy to allow %s, or add it to NO_PROXY if it can be reached without the proxy", to.Hostname())
}
