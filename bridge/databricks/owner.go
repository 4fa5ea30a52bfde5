package databricks

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/url"
)

// Owner names whose answers come over this transport: the workspace, the target, and
// the identity as far as the configuration knows it without asking anyone. It is
// a hash: a token goes into it, and cannot be had out of it. It is stable between
// processes and waits for no network longer than the resolution of the
// configuration does, nor beyond ctx.
func (r *Transport) Owner(ctx context.Context) (string, error) {
	l := r.credentials.current()
	return l.resolved(ctx, func(host *url.URL) string { return l.owner(host, r.target) })
}

// Place names where the transport leads, whoever takes it: the workspace and the target.
// It waits as Owner does.
func (r *Transport) Place(ctx context.Context) (string, error) {
	return r.credentials.current().resolved(ctx, func(host *url.URL) string { return r.target.String() + " at " + host.Host })
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
		host, err := parseHost(l.cfg.Host)
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

func (l *login) owner(host *url.URL, target destination) string {
	sum := sha256.New()
	for _, part := range []string{
		host.Host, target.String(), fmt.Sprint(target.path), l.cfg.Profile, l.cfg.Token, l.cfg.ClientID, l.cfg.Username,
		l.cfg.AzureClientID, l.cfg.AzureTenantID, l.cfg.GoogleServiceAccount,
	} {
		fmt.Fprintf(sum, "%d %s\n", len(part), part)
	}
	return hex.EncodeToString(sum.Sum(nil))
}
