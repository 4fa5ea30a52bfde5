package bridge

import (
	"context"
	"log/slog"
	"net/http"
	"net/url"
	"strings"

	"ucbridge/bridge/aggregate"
	"ucbridge/bridge/aggregate/endpoint"
	"ucbridge/bridge/databricks"
	"ucbridge/bridge/gateway"
	"ucbridge/bridge/inprocess"
	"ucbridge/bridge/jsonrpc"
	"ucbridge/bridge/refusal"
	"ucbridge/bridge/seal"
	"ucbridge/bridge/session"
	"ucbridge/bridge/standby"
	"ucbridge/bridge/streamable"
	"ucbridge/bridge/translate"
	"ucbridge/config"
)

// joinedPath is where a gateway serves all its endpoints as one server.
const joinedPath = "/mcp"

// Bounds of the sessions of one caller there. With --auth app that is everybody.
const (
	maxSessions    = 32
	maxAppSessions = 1024
)

// joined serves all endpoints of a gateway as one server. It is a client of theirs, within
// this process and in the name of each caller: what a caller may not use is not offered,
// and policy, audit log and limits are those of each endpoint.
type joined struct {
	cfg     *config.Gateway
	gateway *gateway.Gateway // set before the first request
	routes  map[string]*databricks.Transport
	version string
	log     *slog.Logger
	served  *endpoint.Endpoint
}

// newJoined returns what serves all endpoints. routes are their transports, by path.
func newJoined(cfg *config.Gateway, routes map[string]*databricks.Transport, sealer *seal.Sealer, version string, log *slog.Logger) *joined {
	j := &joined{cfg: cfg, routes: routes, version: version, log: log}
	most := maxSessions
	if cfg.Auth.Value == config.AuthApp { // where all users are one caller
		most = maxAppSessions
	}
	j.served = endpoint.New(endpoint.Options{Open: j.open, MaxSessions: most, MaxMessage: cfg.MaxMessage.Value, Seal: sealer, Log: log})
	return j
}

// open begins a conversation for a caller.
func (j *joined) open(ctx context.Context, caller *endpoint.Caller, emit func([]byte, jsonrpc.ID)) *aggregate.Aggregate {
	options := aggregate.Options{
		Prefix: aggregate.PrefixAuto, Version: j.version, ConnectTimeout: connectTimeout, Emit: emit, Log: j.log,
	}
	taken := make(map[string]bool)
	for _, e := range j.cfg.Endpoints {
		one := j.member(e, caller)
		if taken[one.Name] { // a connection and a service of one alias
			one.Name = strings.TrimPrefix(e.Location(), "/")
		}
		taken[one.Name] = true
		options.Servers = append(options.Servers, one)
	}
	return aggregate.New(ctx, options)
}

// member is an endpoint as an aggregate takes it.
func (j *joined) member(e config.Endpoint, caller *endpoint.Caller) aggregate.Server {
	transport := j.routes[e.Location()]
	fallback := standby.New(standby.Options{Version: j.version, Quiet: true, Log: j.log})
	as := asCaller{inprocess.Transport{Handler: j.gateway.ServeMCP, Log: j.log}, caller, gateway.Unescaped(e.Location())}
	client := &streamable.Client{URL: transport.URL(), MaxMessage: j.cfg.MaxMessage.Value, Log: j.log, RoundTripper: as}
	return aggregate.Server{
		Name: e.Name(),
		Open: func(ctx context.Context, to aggregate.Client) aggregate.Conversation {
			return session.New(ctx, session.Options{
				Upstream: translate.New(client, transport.Buffered, j.log), Route: transport, Standby: fallback, Log: j.log,
				Client: plainClient{listener: listener{to.Emit, to.Deliver}, keeps: true}, CallTimeout: j.cfg.CallTimeout.Value, ConnectTimeout: connectTimeout,
			})
		},
		State: func() (string, *refusal.Error) { return e.Location(), fallback.Cause() },
		RecordHidden: func(call jsonrpc.Message) {
			j.gateway.RecordHidden(as.addressed(&http.Request{Method: http.MethodPost, URL: new(url.URL), Header: make(http.Header)}), call)
		},
	}
}

// asCaller sends requests to one endpoint of this process in the name of a caller.
type asCaller struct {
	next   inprocess.Transport
	caller *endpoint.Caller
	path   string
}

// RoundTrip implements http.RoundTripper.
func (t asCaller) RoundTrip(req *http.Request) (*http.Response, error) {
	return t.next.RoundTrip(t.addressed(req))
}

// addressed is a request as the endpoint gets it.
func (t asCaller) addressed(req *http.Request) *http.Request {
	to := req.Clone(req.Context())
	to.URL.Path, to.URL.RawPath = t.path, ""
	to.RequestURI = to.URL.RequestURI()
	if to.Body == nil {
		to.Body = http.NoBody
	}
	t.caller.Sign(to)
	return to
}
