package databricks

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"os"
	"sync/atomic"
	"time"
	"ucbridge/bridge/refusal"
)

// newHTTPTransport returns the transport of all traffic: MCP messages, and through
// the SDK's client the fetching of tokens. Nothing in it limits how long an
// answer may take; a dead connection is found out by keep-alive probes (HTTP/1)
// and pings (HTTP/2), so that a laptop that slept does not wait on it.
func newHTTPTransport(caFile string) (*http.Transport, error) {
	roots, err := loadRoots(caFile)
	if err != nil {
		return nil, err
	}
	dialer := &net.Dialer{
		Timeout:         10 * time.Second,
		KeepAliveConfig: net.KeepAliveConfig{Enable: true, Idle: 15 * time.Second, Interval: 5 * time.Second, Count: 4},
	}
	return &http.Transport{
		Proxy:                 http.ProxyFromEnvironment,
		DialContext:           dialer.DialContext,
		TLSClientConfig:       &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12},
		TLSHandshakeTimeout:   10 * time.Second,
		ForceAttemptHTTP2:     true,
		HTTP2:                 &http.HTTP2Config{SendPingTimeout: 15 * time.Second, PingTimeout: 15 * time.Second},
		MaxIdleConnsPerHost:   256, // as many as calls in flight: Go keeps two by default and reconnects for the rest
		IdleConnTimeout:       90 * time.Second,
		ExpectContinueTimeout: time.Second,
		DisableCompression:    true,
	}, nil
}

// loadRoots returns the system's certificates and those of the file, nil for the
// system's alone.
func loadRoots(caFile string) (*x509.CertPool, error) {
	if caFile == "" {
		return nil, nil
	}
	pem, err := os.ReadFile(caFile)
	if err != nil {
		return nil, fmt.Errorf("reading --ca-file: %w", err)
	}
	roots, err := x509.SystemCertPool()
	if err != nil {
		return nil, fmt.Errorf("reading the system's certificates: %w", err)
	}
	if !roots.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("reading --ca-file: no certificate in PEM form in %s", caFile)
	}
	return roots, nil
}

// noDetour is the transport as the SDK's client gets it. That client follows
// redirects, also of a POST that holds a secret; noDetour refuses those to
// another host.
type noDetour struct{ http.RoundTripper }

func (t noDetour) RoundTrip(req *http.Request) (*http.Response, error) {
	resp, err := t.RoundTripper.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	if to, err := resp.Location(); err == nil && resp.StatusCode/100 == 3 && origin(to) != origin(req.URL) {
		drop(resp)
		return nil, fmt.Errorf("fetching token: %s redirects to another host", req.URL.Host)
	}
	return resp, nil
}

// send sends req once. Where that does not work the error says whether the
// request can have been executed.
func send(via http.RoundTripper, req *http.Request) (*http.Response, error) {
	// The transport asks for a connection again only where it is certain that
	// nothing of the request was taken, so each asking starts from nothing.
	var connected atomic.Bool
	trace := &httptrace.ClientTrace{
		GetConn: func(string) { connected.Store(false) },
		GotConn: func(httptrace.GotConnInfo) { connected.Store(true) },
	}
	resp, err := via.RoundTrip(req.WithContext(httptrace.WithClientTrace(req.Context(), trace)))
	switch {
	case err == nil:
		return resp, nil
	case req.Context().Err() != nil:
		return nil, req.Context().Err()
	case connected.Load():
		return nil, fmt.Errorf("%w: %w", cut(req.URL), err)
	}
	return nil, fmt.Errorf("%w: %w", unreachable(req.URL, err), err)
}

func cut(to *url.URL) *refusal.Error {
	return refusal.New(refusal.ConnectionCut,
		"The connection to %s was cut before the answer came; the call may have run.", to.Hostname()).
		WithHint("check what the call did before you repeat it")
}

// unreachable words a failure that came before anything was sent.
func unreachable(to *url.URL, err error) *refusal.Error {
	if certificate, ok := untrusted(err); ok {
		e := refusal.New(refusal.TLSUntrusted, "The certificate of %s is not trusted: %s.", to.Hostname(), certificate).
			WithHint("if a proxy of your organisation intercepts TLS, give its certificate with --ca-file FILE")
		e.Data.Detail = presented(err)
		return e
	}
	e := refusal.New(refusal.WorkspaceUnreachable, "%s cannot be reached: %s.", to.Hostname(), networkCause(err)).
		WithHint("check the network, the VPN and HTTPS_PROXY, then try again")
	e.Data.Retryable = true
	return e
}

// untrusted reports whether err is about the peer's certificate, and says why.
func untrusted(err error) (string, bool) {
	var authority x509.UnknownAuthorityError
	var name x509.HostnameError
	var bad x509.CertificateInvalidError
	var any *tls.CertificateVerificationError
	switch {
	case errors.As(err, &authority):
		return "it is signed by an unknown authority", true
	case errors.As(err, &name):
		return "it is for another host", true
	case errors.As(err, &bad):
		return "it has expired or may not be used for this", true
	case errors.As(err, &any):
		return "it cannot be verified", true
	}
	return "", false
}

// neverSent reports whether err is of a kind that comes before any byte of a
// request: a name that does not resolve, a refused connection, an untrusted
// certificate.
func neverSent(err error) bool {
	var dns *net.DNSError
	var op *net.OpError
	_, tls := untrusted(err)
	return tls || errors.As(err, &dns) || errors.As(err, &op) && (op.Op == "dial" || op.Op == "proxyconnect")
}

func networkCause(err error) string {
	var dns *net.DNSError
	var op *net.OpError
	switch {
	case errors.As(err, &op) && op.Op == "proxyconnect":
		return "the proxy before it does not answer (" + refusal.Quote(innermost(op.Err).Error()) + ")"
	case errors.As(err, &dns):
		return "its name cannot be resolved"
	case errors.As(err, &op) && op.Timeout(), errors.Is(err, context.DeadlineExceeded):
		return "no answer in time"
	case errors.As(err, &op) && op.Err != nil:
		return refusal.Quote(innermost(op.Err).Error())
	}
	return refusal.Quote(innermost(err).Error())
}

func innermost(err error) error {
	for {
		next := errors.Unwrap(err)
		if next == nil {
			return err
		}
		err = next
	}
}
