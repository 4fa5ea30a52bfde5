package unity

import (
	"context"
	"fmt"
)

// Place names where the road leads, whoever takes it: the workspace and the target.
// It waits for no network longer than the resolution of the configuration does, nor
// beyond ctx.
func (r *Road) Place(ctx context.Context) (string, error) {
	l := r.credentials.current()
	select {
	case l.turn <- struct{}{}:
	case <-ctx.Done():
		return "", ctx.Err()
	}
	type result struct {
		place string
		err   error
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
		done <- result{place: r.target.String() + " at " + host.Host}
	}()
	select {
	case got := <-done:
		return got.place, got.err
	case <-ctx.Done():
		return "", ctx.Err()
	}
}

// Route names the way that requests take now.
func (r *Road) Route() string { return string(*r.route.Load()) }
