package gateway

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"time"
)

// How long things may take. Databricks Apps kill what has not ended 15 s after
// SIGTERM.
const (
	headerTimeout = 10 * time.Second
	idleTimeout   = 2 * time.Minute
	drainTimeout  = 12 * time.Second
)

// Serve serves until ctx is done, and then until the calls under way have been
// answered, for 12 seconds at most: streams end at once, since their clients open
// them again elsewhere. It returns nil after such an end.
func (g *Gateway) Serve(ctx context.Context, l net.Listener) error {
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true)
	protocols.SetUnencryptedHTTP2(true)
	server := &http.Server{
		Handler: g.Handler(), Protocols: protocols,
		ReadHeaderTimeout: headerTimeout, IdleTimeout: idleTimeout, MaxHeaderBytes: 64 << 10,
		ErrorLog: slog.NewLogLogger(g.opts.Log.Handler(), slog.LevelError), // of panics, and little else
	}
	served := make(chan error, 1)
	go func() { served <- server.Serve(l) }()
	select {
	case err := <-served:
		return fmt.Errorf("serving: %w", err)
	case <-ctx.Done():
	}
	g.opts.Log.Info("draining", "why", context.Cause(ctx).Error())
	g.drain()
	closing, cancel := context.WithTimeout(context.WithoutCancel(ctx), drainTimeout)
	defer cancel()
	if err := server.Shutdown(closing); err != nil {
		g.opts.Log.Warn("calls cut at the end", "error", err)
		_ = server.Close() // nothing is left to be told about
	}
	if err := <-served; !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serving: %w", err)
	}
	return nil
}

// Unescaped returns the path of an address as a handler sees it in a URL.
func Unescaped(path string) string {
	plain, err := url.PathUnescape(path)
	if err != nil { // not one of ours
		return path
	}
	return plain
}
