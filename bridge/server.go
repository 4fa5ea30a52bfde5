package bridge

import (
	"context"
	"log/slog"
	"sync/atomic"

	"ucbridge/bridge/databricks"
	"ucbridge/bridge/govern"
	"ucbridge/bridge/session"
	"ucbridge/bridge/standby"
	"ucbridge/bridge/streamable"
	"ucbridge/bridge/translate"
	"ucbridge/config"
)

// server is one governed MCP server and the way to it.
type server struct {
	cfg       *config.Config // with this one as its target
	transport *databricks.Transport
	client    *streamable.Client
	govern    *govern.Governor
	gate      atomic.Pointer[govern.Gate]    // of the latest session
	fallback  atomic.Pointer[standby.Server] // of the latest conversation, where there are several servers
	version   string
	log       *slog.Logger
}

func (b *Bridge) newServer(cfg *config.Config, transport *databricks.Transport) *server {
	return &server{
		cfg:       cfg,
		transport: transport,
		client:    &streamable.Client{URL: transport.URL(), RoundTripper: namingUser{transport}, MaxMessage: cfg.MaxMessage.Value, Log: b.log, Memory: &b.memory},
		govern:    governorOf(PolicyTarget(cfg), b.sources, transport, resultDir(cfg), membersOf(cfg.Presets()), b.log),
		version:   b.version, log: b.log,
	}
}

// newStandby returns what answers while the server is out of reach; quiet leaves its
// tool to somebody else.
func (s *server) newStandby(quiet bool) *standby.Server {
	return standby.New(standby.Options{
		Version: s.version, Dir: s.cfg.CacheDir.Value, Owner: s.transport.Fingerprint, Log: s.log,
		Fresh: s.cfg.Fresh.Value || s.cfg.FailFast.Value, Quiet: quiet,
		Place: func() string { return s.transport.Describe().String() },
	})
}

// newSession returns the session of one client, behind its gate.
func (s *server) newSession(ctx context.Context, client plainClient, fallback *standby.Server) conversation {
	options := session.Options{
		Upstream: s.upstream(), Route: s.transport, Client: client, Log: s.log, Standby: fallback,
		CallTimeout: s.cfg.CallTimeout.Value, CallIdleTimeout: s.cfg.CallIdleTimeout.Value,
		ConnectTimeout: s.cfg.ConnectTimeout.Value, KeepCapabilities: s.cfg.KeepCapabilities.Value,
	}
	governed := newGoverned(ctx, s.govern, options, client)
	s.gate.Store(governed.gate)
	return governed
}

// upstream is what a session sends its messages to.
func (s *server) upstream() session.Upstream {
	if s.cfg.Era.Value == "pass" {
		return s.client
	}
	return translate.New(s.client, s.transport.Buffered, s.log)
}

// judged is Bridge.Judged for this server.
func (s *server) judged() []Judged {
	if gate := s.gate.Load(); gate != nil {
		return gate.Judge()
	}
	return nil
}

func (s *server) close() {
	s.govern.Close()
}
