package databricks

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"time"

	"ucbridge/bridge/databricks/auth"
	"ucbridge/bridge/databricks/network"
	"ucbridge/config/route"
)

// probeTimeout bounds one probe: it has no answer to wait for that takes work.
const probeTimeout = 5 * time.Second

// Probe is what a new connection to the workspace showed. No token was sent.
type Probe struct {
	// Connecting is how long the connection took, with its proxy and TLS, and
	// Latency how long the answer to a small request took on it.
	Connecting, Latency time.Duration
	// Ahead is how far this machine's clock is ahead of the workspace's, whose
	// word is good to a second. It means nothing unless Dated.
	Ahead time.Duration
	Dated bool
	// Authority signed the certificate: the name of the root that it was verified
	// up to. It is empty for plain HTTP.
	Authority network.Authority
	// AtProxy says that the connection failed at the proxy before the workspace.
	AtProxy bool
	// Databricks reports whether the host describes itself as Databricks does.
	Databricks bool
}

// Proxy returns the proxy that stands before the workspace, as the environment
// says it, nil for none.
func (w *Workspace) Proxy() (*url.URL, error) {
	base, err := w.transport.credentials.Host()
	if err != nil {
		return nil, err
	}
	return http.ProxyFromEnvironment(&http.Request{URL: base})
}

// Probe connects to the workspace anew and asks it for its public description.
// It ends within probeTimeout. The error is that of ctx or holds a *refusal.Error,
// which may say that somebody answered in the workspace's place.
func (w *Workspace) Probe(ctx context.Context) (Probe, error) {
	base, err := w.transport.credentials.Host()
	if err != nil {
		return Probe{}, err
	}
	timed, cancel := context.WithTimeout(ctx, probeTimeout)
	defer cancel()
	var begun, connected, answered time.Time
	trace := &httptrace.ClientTrace{
		GotConn:              func(httptrace.GotConnInfo) { connected = time.Now() },
		GotFirstResponseByte: func() { answered = time.Now() },
	}
	req, err := http.NewRequestWithContext(httptrace.WithClientTrace(timed, trace), http.MethodGet, base.String()+auth.MetadataPath, nil)
	if err != nil {
		return Probe{}, fmt.Errorf("asking for the workspace's description: %w", err)
	}
	fresh := w.transport.base.(*network.Pool).Fresh()
	defer fresh.CloseIdleConnections()
	begun = time.Now()
	resp, err := network.Send(fresh, req)
	if ctx.Err() != nil {
		return Probe{}, ctx.Err()
	}
	if err != nil {
		return Probe{AtProxy: network.AtProxy(err)}, fmt.Errorf("%w: %w", network.Unreachable(base, err), err)
	}
	defer network.Drop(resp)
	if v := (destination{route: route.API}).classify(resp, route.API, base); v.between {
		return Probe{}, intercepted(resp, v.body, &auth.Identity{Base: base}, 0)
	}
	c := Probe{Connecting: connected.Sub(begun), Latency: answered.Sub(connected), Databricks: describesDatabricks(resp)}
	if date, err := http.ParseTime(resp.Header.Get("Date")); err == nil {
		c.Dated = true
		c.Ahead = answered.Add(-c.Latency / 2).Sub(date.Add(500 * time.Millisecond)) // the header cuts the fraction off
	}
	if resp.TLS != nil && len(resp.TLS.VerifiedChains) > 0 {
		chain := resp.TLS.VerifiedChains[0]
		c.Authority = network.AuthorityOf(chain[len(chain)-1].Subject)
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
