package bridge

import (
	"context"
	"log/slog"
	"sync/atomic"
	"time"

	"ucbridge/bridge/databricks"
	"ucbridge/bridge/govern"
	"ucbridge/bridge/jsonrpc"
	"ucbridge/bridge/policy"
	"ucbridge/bridge/refusal"
	"ucbridge/bridge/session"
	"ucbridge/bridge/standby"
	"ucbridge/bridge/streamable"
	"ucbridge/bridge/translate"
	"ucbridge/config"
)

// Bridge carries messages between clients and one governed MCP server.
type Bridge struct {
	cfg       *config.Config
	transport *databricks.Transport
	client    *streamable.Client
	sources   policy.Sources
	govern    *govern.Governor            // nil where nothing is governed
	gate      atomic.Pointer[govern.Gate] // of the latest session, where something is governed
	version   string
	log       *slog.Logger
}

// New builds a Bridge. It does not touch the network or credentials; an error means
// that a setting is wrong: a target, a name, an unreadable file.
func New(cfg *config.Config, managed policy.Managed, version string, log *slog.Logger) (*Bridge, error) {
	transport, err := databricks.Open(databricks.Options{
		Target:  Target(cfg),
		Profile: cfg.Profile.Value, Host: cfg.Host.Value, CAFile: cfg.CAFile.Value,
		CacheDir: cfg.CacheDir.Value, Version: version, Log: log,
	})
	if err != nil {
		return nil, err
	}
	sources := PolicySources(cfg.Rules, managed)
	return &Bridge{
		cfg:       cfg,
		transport: transport,
		client:    &streamable.Client{URL: transport.URL(), RoundTripper: transport, MaxMessage: cfg.MaxMessage.Value},
		sources:   sources,
		govern:    governorOf(PolicyTarget(cfg), sources, transport, resultDir(cfg), log),
		version:   version, log: log,
	}, nil
}

// Target is the one that a complete cfg names.
func Target(cfg *config.Config) databricks.Target {
	return databricks.Target{
		Connection: cfg.Connection.Value, Route: cfg.Route.Value, Path: cfg.Path.Value,
		Service: cfg.Service.Value, URL: cfg.URL.Value,
	}
}

// conversation takes the messages of one client: a session, or the gate
// in front of one.
type conversation interface {
	Handle(m jsonrpc.Message)
	Reject(e *refusal.Error, id jsonrpc.ID)
	Close(drain time.Duration)
}

// newSession returns the session of one client, behind a gate where something is
// governed.
func (b *Bridge) newSession(ctx context.Context, client plainClient) conversation {
	options := session.Options{
		Upstream: b.upstream(), Route: b.transport, Client: client, Log: b.log,
		Standby: standby.New(standby.Options{
			Version: b.version, Dir: b.cfg.CacheDir.Value, Owner: b.transport.Fingerprint, Log: b.log,
			Fresh: b.cfg.Fresh.Value || b.cfg.FailFast.Value,
			Place: func() string { return b.transport.Describe().String() },
		}),
		CallTimeout: b.cfg.CallTimeout.Value, CallIdleTimeout: b.cfg.CallIdleTimeout.Value,
		ConnectTimeout: b.cfg.ConnectTimeout.Value, KeepCapabilities: b.cfg.KeepCapabilities.Value,
	}
	if b.govern == nil {
		return session.New(ctx, options)
	}
	governed := newGoverned(ctx, b.govern, options, client)
	b.gate.Store(governed.gate)
	return governed
}

// upstream is what a session sends its messages to.
func (b *Bridge) upstream() session.Upstream {
	if b.cfg.Era.Value == "pass" {
		return b.client
	}
	return translate.New(b.client, b.transport.Buffered, b.log)
}

// Close releases the bridge's connections, and its logs.
func (b *Bridge) Close() {
	if b.govern != nil {
		b.govern.Close()
	}
	b.transport.Close()
}
