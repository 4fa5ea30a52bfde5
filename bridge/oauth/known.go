package oauth

import (
	"context"
	"time"
)

const (
	// metadataTTL is how long metadata is kept; a failure for retryAfter.
	metadataTTL = time.Hour
	retryAfter  = 5 * time.Second
	// metadataTimeout bounds one look at it, in which two documents are read.
	metadataTimeout = 10 * time.Second
)

// known is what an authorization server tells of itself, looked at when it is needed. One
// request looks, and the others wait for what it finds. Make one with newKnown; it is safe
// for concurrent use.
type known[T any] struct {
	look func(ctx context.Context) (*T, error)

	turn   chan struct{} // holds one: who looks, or reads what follows
	found  *T
	err    error
	expiry time.Time // of what was found, or of the failure
}

func newKnown[T any](look func(ctx context.Context) (*T, error)) *known[T] {
	return &known[T]{look: look, turn: make(chan struct{}, 1)}
}

// get returns what the server tells. What it told before holds while it does not answer.
func (k *known[T]) get(ctx context.Context) (*T, error) {
	select {
	case k.turn <- struct{}{}:
		defer func() { <-k.turn }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	if time.Now().Before(k.expiry) {
		return k.found, k.err
	}
	// Others wait for the answer too, so it does not end with the request that asked.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), metadataTimeout)
	defer cancel()
	found, err := k.look(ctx)
	switch {
	case err == nil:
		k.found, k.err, k.expiry = found, nil, time.Now().Add(metadataTTL)
	case k.found != nil:
		k.expiry = time.Now().Add(retryAfter)
	default:
		k.err, k.expiry = err, time.Now().Add(retryAfter)
	}
	return k.found, k.err
}
