package databricks

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"time"
	"ucbridge/bridge/refusal"
)

// contactWait bounds one contact: it has no answer to wait for that takes work.
const contactWait = 5 * time.Second

// Contact is what a new connection to the workspace showed. No token was sent.
type Contact struct {
	// Connecting is how long the connection took, with its proxy and TLS, and
	// Latency how long the answer to a small request took on it.
	Connecting, Latency time.Duration
	// Ahead is how far this machine's clock is ahead of the workspace's, whose
	// word is good to a second. It means nothing unless Dated.
	Ahead time.Duration
	Dated bool
	// Authority signed the certificate: the name of the root that it was verified
	// up to. It is empty for plain HTTP.
	Authority Authority
	// Databricks reports whether the host describes itself as Databricks does.
	Databricks bool
}

// Proxy returns the proxy that stands before the workspace, as the environment
// says it, nil for none.
func (w *Workspace) Proxy() (*url.URL, error) {
	base, err := w.base()
	if err != nil {
		return nil, err
	}
	return http.ProxyFromEnvironment(&http.Request{URL: base})
}

// base is the address of the workspace, known before anything is asked.
func (w *Workspace) base() (*url.URL, error) {
	l, err := w.resolved()
	if err != nil {
		return nil, err
	}
	base, err := parseHost(l.cfg.Host)
	if err != nil {
		return nil, invalid("The workspace host %q is not usable: %v.", l.cfg.Host, err)
	}
	return base, nil
}

// Contact connects to the workspace anew and asks it for its public description.
// It ends within contactWait. The error is that of ctx or holds a *refusal.Error.
func (w *Workspace) Contact(ctx context.Context) (Contact, error) {
	base, err := w.base()
	if err != nil {
		return Contact{}, err
	}
	timed, cancel := context.WithTimeout(ctx, contactWait)
	defer cancel()
	var begun, connected, answered time.Time
	trace := &httptrace.ClientTrace{
		GotConn:              func(httptrace.GotConnInfo) { connected = time.Now() },
		GotFirstResponseByte: func() { answered = time.Now() },
	}
	req, err := http.NewRequestWithContext(httptrace.WithClientTrace(timed, trace), http.MethodGet, base.String()+metadataPath, nil)
	if err != nil {
		return Contact{}, fmt.Errorf("asking for the workspace's description: %w", err)
	}
	fresh := w.transport.base.(*pool).current.Load().Clone()
	defer fresh.CloseIdleConnections()
	begun = time.Now()
	resp, err := fresh.RoundTrip(req)
	if ctx.Err() != nil {
		return Contact{}, ctx.Err()
	}
	if err != nil {
		return Contact{}, fmt.Errorf("%w: %w", unreachable(base, err), err)
	}
	defer drop(resp)
	c := Contact{Connecting: connected.Sub(begun), Latency: answered.Sub(connected), Databricks: describesDatabricks(resp)}
	if date, err := http.ParseTime(resp.Header.Get("Date")); err == nil {
		c.Dated = true
		c.Ahead = answered.Add(-c.Latency / 2).Sub(date.Add(500 * time.Millisecond)) // the header cuts the fraction off
	}
	if resp.TLS != nil && len(resp.TLS.VerifiedChains) > 0 {
		chain := resp.TLS.VerifiedChains[0]
		c.Authority = authorityOf(chain[len(chain)-1].Subject)
	}
	return c, nil
}

// describesDatabricks reports whether the answer is a workspace's description of
// itself (SDK, config/host_metadata.go).
func describesDatabricks(resp *http.Response) bool {
	var description struct {
		OIDC string `json:"oidc_endpoint"`
	}
	err := json.NewDecoder(io.LimitReader(resp.Body, 64<<10)).Decode(&description)
	return err == nil && resp.StatusCode == http.StatusOK && description.OIDC != ""
}

// presented names who issued the certificate that was not trusted.
func presented(err error) string {
	var failed *tls.CertificateVerificationError
	if !errors.As(err, &failed) || len(failed.UnverifiedCertificates) == 0 {
		return ""
	}
	chain := failed.UnverifiedCertificates
	return "issued by " + refusal.Quote(authorityOf(chain[len(chain)-1].Issuer).Name)
}
