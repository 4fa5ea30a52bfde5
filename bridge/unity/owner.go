package unity

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
)

// Owner names whose answers come over this road: the workspace, the target, and
// the identity as far as the configuration knows it without asking anyone. It is
// a hash: a token goes into it, and cannot be had out of it. It is stable between
// processes and waits for no network longer than the resolution of the
// configuration does, nor beyond ctx.
func (r *Road) Owner(ctx context.Context) (string, error) {
	l := r.credentials.current()
	select {
	case l.turn <- struct{}{}:
	case <-ctx.Done():
		return "", ctx.Err()
	}
	type result struct {
		owner string
		err   error
	}
	done := make(chan result, 1)
	go func() {
		defer func() { <-l.turn }()
		owner, err := l.owner(r.target)
		done <- result{owner, err}
	}()
	select {
	case got := <-done:
		return got.owner, got.err
	case <-ctx.Done():
		return "", ctx.Err()
	}
}

func (l *login) owner(target destination) (string, error) {
	if err := l.cfg.EnsureResolved(); err != nil {
		return "", fmt.Errorf("resolving configuration: %w", err)
	}
	host, err := parseHost(l.cfg.Host)
	if err != nil {
		return "", fmt.Errorf("resolving configuration: host %q: %w", l.cfg.Host, err)
	}
	sum := sha256.New()
	for _, part := range []string{
		host.Host, target.String(), fmt.Sprint(target.path), l.cfg.Profile, l.cfg.Token, l.cfg.ClientID, l.cfg.Username,
		l.cfg.AzureClientID, l.cfg.AzureTenantID, l.cfg.GoogleServiceAccount,
	} {
		fmt.Fprintf(sum, "%d %s\n", len(part), part)
	}
	return hex.EncodeToString(sum.Sum(nil)), nil
}
