package databricks

import (
	"context"
	"fmt"
	"maps"
	"slices"
)

// Fingerprint identifies whose answers come over this transport: the workspace,
// the target, and the identity as far as the configuration knows it without
// asking anyone. It is a hash: a token goes into it, and cannot be had out of it.
// It is stable between processes and waits for no network longer than the
// resolution of the configuration does, nor beyond ctx.
func (r *Transport) Fingerprint(ctx context.Context) (string, error) {
	parts := []string{r.target.String(), fmt.Sprint(r.target.path)}
	for _, name := range slices.Sorted(maps.Keys(r.target.headers)) { // a server may list other tools for them
		parts = append(parts, name+": "+r.target.headers[name])
	}
	return r.credentials.Fingerprint(ctx, parts...)
}

// Place names where the transport leads, whoever takes it: the workspace and the
// target. It waits as Fingerprint does.
func (r *Transport) Place(ctx context.Context) (string, error) {
	host, err := r.credentials.ResolvedHost(ctx)
	if err != nil {
		return "", err
	}
	return r.target.String() + " at " + host, nil
}
