package auth

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/url"

	"ucbridge/bridge/databricks/origin"
)

// Fingerprint is a hash of the workspace, the parts, and the identity as far as
// the configuration knows it without asking anyone. It waits for the resolution
// of the configuration, which may take a network, but no longer than ctx.
func (c *Credentials) Fingerprint(ctx context.Context, parts ...string) (string, error) {
	l := c.current()
	return l.resolved(ctx, func(host *url.URL) string { return l.fingerprint(host, parts) })
}

// ResolvedHost names the workspace's host. It waits as Fingerprint does.
func (c *Credentials) ResolvedHost(ctx context.Context) (string, error) {
	return c.current().resolved(ctx, func(host *url.URL) string { return host.Host })
}

// resolved reads something out of the configuration, in its turn and once that is
// resolved, which may take a network; it waits no longer than ctx.
func (l *login) resolved(ctx context.Context, read func(host *url.URL) string) (string, error) {
	select {
	case l.turn <- struct{}{}:
	case <-ctx.Done():
		return "", ctx.Err()
	}
	type result struct {
		text string
		err  error
	}
	done := make(chan result, 1)
	go func() {
		defer func() { <-l.turn }()
		if err := l.cfg.EnsureResolved(); err != nil {
			done <- result{err: fmt.Errorf("resolving configuration: %w", err)}
			return
		}
		host, err := origin.Parse(l.cfg.Host)
		if err != nil {
			done <- result{err: fmt.Errorf("resolving configuration: host %q: %w", l.cfg.Host, err)}
			return
		}
		done <- result{text: read(host)}
	}()
	select {
	case got := <-done:
		return got.text, got.err
	case <-ctx.Done():
		return "", ctx.Err()
	}
}

func (l *login) fingerprint(host *url.URL, parts []string) string {
	sum := sha256.New()
	for _, part := range append(append([]string{host.Host}, parts...),
		l.cfg.Profile, l.cfg.Token, l.cfg.ClientID, l.cfg.Username,
		l.cfg.AzureClientID, l.cfg.AzureTenantID, l.cfg.GoogleServiceAccount, l.cfg.GroupID,
	) {
		fmt.Fprintf(sum, "%d %s\n", len(part), part)
	}
	return hex.EncodeToString(sum.Sum(nil))
}
