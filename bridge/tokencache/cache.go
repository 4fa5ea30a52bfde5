// Package tokencache keeps what was found out about bearer tokens: whose one is, or which
// other token it was exchanged for.
package tokencache

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"sync"
	"time"
)

const (
	// maxKept is how many tokens something is kept about.
	maxKept = 10_000
	// maxUnderWay is how many tokens are looked into at once. Callers that do not wait for
	// the answer could otherwise begin as many as they like.
	maxUnderWay = 10_000
)

// ErrBusy says that too many tokens are being looked into already.
var ErrBusy = errors.New("too many tokens are being looked into")

// Find finds a value out for a token. The value holds until the time that it returns. ctx
// has the values of the request that came first, and no end: Find bounds its own time.
type Find[V any] func(ctx context.Context, token string) (V, time.Time, error)

// Cache keeps a value for each token. Of the token itself it keeps nothing but a keyed
// hash, whose key dies with the process. Make one with New; it is safe for concurrent use.
type Cache[V any] struct {
	find Find[V]
	key  []byte

	mu       sync.Mutex
	kept     map[hash]kept[V]
	underWay map[hash]*search[V]
}

type hash = [sha256.Size]byte

type kept[V any] struct {
	value V
	until time.Time
}

// search is one call of find, which all requests with the token wait for. value and err
// may be read once done is closed.
type search[V any] struct {
	done  chan struct{}
	value V
	err   error
}

// New returns an empty Cache.
func New[V any](find Find[V]) *Cache[V] {
	key := make([]byte, sha256.Size)
	_, _ = rand.Read(key) // never fails
	return &Cache[V]{find: find, key: key, kept: make(map[hash]kept[V]), underWay: make(map[hash]*search[V])}
}

// Get returns the value for a token, and has it found out where none holds. The error is
// that of find, which is not kept, that of ctx, or ErrBusy.
func (c *Cache[V]) Get(ctx context.Context, token string) (V, error) {
	id := c.id(token)
	c.mu.Lock()
	if one, ok := c.kept[id]; ok && time.Now().Before(one.until) {
		c.mu.Unlock()
		return one.value, nil
	}
	one := c.underWay[id]
	switch {
	case one == nil && len(c.underWay) >= maxUnderWay:
		c.mu.Unlock()
		var none V
		return none, ErrBusy
	case one == nil:
		one = &search[V]{done: make(chan struct{})}
		c.underWay[id] = one
		// It outlives the request that asked first: others wait for it.
		go c.run(context.WithoutCancel(ctx), id, one, token)
	}
	c.mu.Unlock()
	select {
	case <-one.done:
		return one.value, one.err
	case <-ctx.Done():
		var none V
		return none, ctx.Err()
	}
}

// Forget drops the value for a token, as what it stood for was refused.
func (c *Cache[V]) Forget(token string) {
	id := c.id(token)
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.kept, id)
	delete(c.underWay, id)
}

// id is what is kept of a token: a hash of the key and the token.
func (c *Cache[V]) id(token string) hash {
	return sha256.Sum256(append(append(make([]byte, 0, 2<<10), c.key...), token...))
}

func (c *Cache[V]) run(ctx context.Context, id hash, one *search[V], token string) {
	defer close(one.done)
	var until time.Time
	one.value, until, one.err = c.find(ctx, token)
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.underWay[id] != one { // it was forgotten meanwhile
		return
	}
	delete(c.underWay, id)
	if one.err == nil {
		c.keep(id, kept[V]{one.value, until})
	}
}

// keep is called with the lock held. Only what was found out takes the place of something
// else: of too many, what no longer holds goes, and any one if there is none.
func (c *Cache[V]) keep(id hash, one kept[V]) {
	if len(c.kept) >= maxKept {
		now := time.Now()
		for old, other := range c.kept {
			if !now.Before(other.until) {
				delete(c.kept, old)
			}
		}
		for old := range c.kept {
			if len(c.kept) < maxKept {
				break
			}
			delete(c.kept, old)
		}
	}
	c.kept[id] = one
}
