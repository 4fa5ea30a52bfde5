package bridge

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"ucbridge/bridge/aggregate"
	"ucbridge/bridge/databricks"
	"ucbridge/bridge/jsonrpc"
	"ucbridge/bridge/policy"
	"ucbridge/bridge/refusal"
	"ucbridge/bridge/streamable"
	"ucbridge/config"
)

// Bridge carries messages between clients and one governed MCP server, or several as
// one.
type Bridge struct {
	cfg     *config.Config
	sources policy.Sources
	version string
	log     *slog.Logger
	// first is the transport that was opened first; the others share its connections. Of one
	// target it is the way there, of several it serves for the workspace.
	first *databricks.Transport
	// one is the server where there is but one target, nil elsewhere.
	one *server
	// several are the servers where there are several targets.
	several *several
	// memory is that of large answers, of all servers.
	memory streamable.Memory
}

// New builds a Bridge. It does not touch the network or credentials; an error means
// that a setting is wrong: a target, a name, an unreadable file.
func New(cfg *config.Config, managed policy.Managed, version string, log *slog.Logger) (*Bridge, error) {
	b := &Bridge{cfg: cfg, sources: PolicySources(cfg.Rules, managed), version: version, log: log}
	if cfg.IsSeveral() {
		return b, b.openSeveral()
	}
	var err error
	if b.first, err = databricks.Open(b.options(Target(cfg))); err != nil {
		return nil, err
	}
	b.one = b.newServer(cfg, b.first)
	return b, nil
}

// options are those of a transport to a target.
func (b *Bridge) options(target databricks.Target) databricks.Options {
	return databricks.Options{
		Target:  target,
		Profile: b.cfg.Profile.Value, Host: b.cfg.Host.Value, CAFile: b.cfg.CAFile.Value,
		CacheDir: b.cfg.CacheDir.Value, Version: b.version, Log: b.log,
	}
}

// Target is the one that a complete cfg names.
func Target(cfg *config.Config) databricks.Target {
	return databricks.Target{
		Connection: cfg.Connection.Value, Route: cfg.Route.Value, Path: cfg.Path.Value,
		Service: cfg.Service.Value, URL: cfg.URL.Value, Headers: headersOf(cfg.HeaderPresets()),
	}
}

// conversation takes the messages of one client: a session behind its gate, several of
// them as one, or what stands before those (adapted, traced, recorded).
type conversation interface {
	Handle(m jsonrpc.Message)
	Reject(e *refusal.Error, id jsonrpc.ID)
	Close(drain time.Duration)
}

// newConversation returns the conversation with one client.
func (b *Bridge) newConversation(ctx context.Context, client plainClient) conversation {
	if b.several != nil {
		return b.several.newAggregate(ctx, client)
	}
	return b.one.newSession(ctx, client, b.one.newStandby(false))
}

// Tools lists the tools of several servers, as far as the latest client's conversation
// has read them, and what each is called there; nothing where there is one server.
func (b *Bridge) Tools() []aggregate.Named {
	if b.several == nil {
		return nil
	}
	return b.several.tools()
}

// OutOfReach are those of several servers that cannot be reached, by name, and why.
func (b *Bridge) OutOfReach() map[string]*refusal.Error {
	if b.several == nil {
		return nil
	}
	return b.several.outOfReach()
}

// Close releases the bridge's connections, and its logs.
func (b *Bridge) Close() {
	if b.several != nil {
		b.several.close()
	} else {
		b.one.close()
	}
	b.first.Close()
}

// openSeveral opens the ways to all targets.
func (b *Bridge) openSeveral() error {
	s := &several{b: b, interval: discoverInterval}
	b.several = s
	for _, e := range b.cfg.Endpoints {
		if err := s.open(e); err != nil {
			return fmt.Errorf("%s: %w", e.Name(), err)
		}
	}
	s.named = len(s.order)
	if b.first != nil {
		return nil
	}
	first, err := databricks.Open(b.options(databricks.Target{URL: "/api/2.0/mcp"})) // a way to the workspace: servers are found later
	b.first = first
	return err
}
