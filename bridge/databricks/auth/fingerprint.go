package auth

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"

	"ucbridge/bridge/databricks/origin"
)

// resolution is what a resolved configuration says without asking anyone, before a
// sign-in may complete it.
type resolution struct {
	host     string
	identity []string // whose credentials they are
}

// Fingerprint is a hash of the workspace, the parts, and the identity as far as
// the configuration knows it without asking anyone. It waits for the resolution
// of the configuration, which may take a network, but not for a sign-in that is under
// way, and no longer than ctx.
func (c *Credentials) Fingerprint(ctx context.Context, parts ...string) (string, error) {
	r, err := c.current().resolution(ctx)
	if err != nil {
		return "", err
	}
	sum := sha256.New()
	for _, list := range [][]string{{r.host}, parts, r.identity} {
		for _, part := range list {
			fmt.Fprintf(sum, "%d %s\n", len(part), part)
		}
	}
	return hex.EncodeToString(sum.Sum(nil)), nil
}

// ResolvedHost names the workspace's host. It waits as Fingerprint does.
func (c *Credentials) ResolvedHost(ctx context.Context) (string, error) {
	r, err := c.current().resolution(ctx)
	if err != nil {
		return "", err
	}
	return r.host, nil
}

// resolution resolves the configuration where that has not been done, and waits no longer
// than ctx.
func (l *login) resolution(ctx context.Context) (*resolution, error) {
	select {
	case <-l.settled:
		return l.told, nil
	case l.turn <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	failed := make(chan error, 1)
	go func() {
		defer func() { <-l.turn }()
		if err := l.resolve(); err != nil {
			failed <- fmt.Errorf("resolving configuration: %w", err)
		} else if l.told == nil {
			failed <- fmt.Errorf("resolving configuration: host %q is no address", l.cfg.Host)
		}
	}()
	select {
	case <-l.settled:
		return l.told, nil
	case err := <-failed:
		return nil, err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// resolve resolves the configuration, in its turn, and tells what it says as soon as it
// names a host: one on Azure may name a resource, whose host is known after the sign-in.
func (l *login) resolve() error {
	if err := l.cfg.EnsureResolved(); err != nil || l.told != nil {
		return err
	}
	host, err := origin.Parse(l.cfg.Host)
	if err != nil {
		return nil // whoever needs the host says so
	}
	l.told = &resolution{host.Host, []string{
		l.cfg.Profile, l.cfg.Token, l.cfg.ClientID, l.cfg.Username,
		l.cfg.AzureClientID, l.cfg.AzureTenantID, l.cfg.GoogleServiceAccount, l.cfg.GroupID,
	}}
	close(l.settled)
	return nil
}
