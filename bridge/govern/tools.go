package govern

import (
	"context"
	"fmt"
	"maps"
	"sync"
	"time"

	"ucbridge/bridge/jsonrpc"
	"ucbridge/bridge/policy"
)

// Tools are those that the server has listed to one user, so that calls can be ruled
// on. The zero value knows none. It is safe for concurrent use.
type Tools struct {
	// Life is how long a list is believed, 0 until it is said to have changed.
	Life time.Duration

	mu    sync.Mutex
	known map[string]policy.Tool
	since time.Time // when the list began to be read
	stale bool
	look  *lookup
}

// lookup is one reading of all pages, shared by all calls that wait for it.
type lookup struct {
	done  chan struct{}
	tools map[string]policy.Tool
	err   error
}

// learn takes a page of the list; with the first one what was known before is
// forgotten. Of a tool that is on several the worst counts.
func (b *Tools) learn(page map[string]policy.Tool, first bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if first || b.known == nil {
		b.known, b.since = make(map[string]policy.Tool), time.Now()
	}
	for name, t := range page {
		if twin, ok := b.known[name]; ok {
			t = t.Worse(twin)
		}
		b.known[name] = t
	}
}

// Expire says that the list has changed: what is known is not so any more.
func (b *Tools) Expire() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.stale = true
}

func (b *Tools) find(name string) (policy.Tool, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	t, ok := b.known[name]
	return t, ok && !b.stale && (b.Life == 0 || time.Since(b.since) < b.Life)
}

// list reads all pages by means of all, one reading at a time.
func (b *Tools) list(all func() (map[string]policy.Tool, error)) (map[string]policy.Tool, error) {
	b.mu.Lock()
	if shared := b.look; shared != nil {
		b.mu.Unlock()
		<-shared.done
		return shared.tools, shared.err
	}
	l := &lookup{done: make(chan struct{})}
	b.look, b.stale = l, false
	b.mu.Unlock()
	began := time.Now()
	l.tools, l.err = all()
	b.mu.Lock()
	b.look = nil
	if l.err == nil {
		b.known, b.since = maps.Clone(l.tools), began
	} else {
		b.stale = true
	}
	b.mu.Unlock()
	close(l.done)
	return l.tools, l.err
}

// mostPages and longestListing bound a listing of the bridge's own, for which a call
// waits.
const (
	mostPages      = 100
	longestListing = time.Minute
)

// pages reads all pages by means of page, and returns all tools there are.
func (c *Governor) pages(page func(cursor []byte) (jsonrpc.Message, error)) (map[string]policy.Tool, error) {
	all := make(map[string]policy.Tool)
	var cursor []byte
	for range mostPages {
		answer, err := page(cursor)
		if err != nil {
			return nil, err
		}
		tools, err := c.readTools(answer)
		if err != nil {
			return nil, fmt.Errorf("reading the list of tools: %w", err)
		}
		for name, t := range tools {
			if twin, ok := all[name]; ok {
				t = t.Worse(twin)
			}
			all[name] = t
		}
		if cursor = jsonrpc.Value(answer.Result, "nextCursor"); cursor == nil || string(cursor) == "null" {
			return all, nil
		}
	}
	return nil, fmt.Errorf("the list of tools has more than %d pages", mostPages)
}

// lookUp finds a tool that was not listed yet, for the call request.
func (c *Gate) lookUp(ctx context.Context, name string, request jsonrpc.Message) (policy.Tool, bool, error) {
	ctx, cancel := context.WithTimeout(ctx, longestListing)
	defer cancel()
	meta := protocolMeta(request)
	page := func(cursor []byte) (jsonrpc.Message, error) {
		params := []byte(`{}`)
		if meta != nil {
			params = jsonrpc.Set(params, meta, "_meta")
		}
		if cursor != nil {
			params = jsonrpc.Set(params, cursor, "cursor")
		}
		began := time.Now()
		answer, err := c.asker.Ask(ctx, "tools/list", params)
		c.recordOwn("tools/list", began, answer, err)
		return answer, err
	}
	tools, err := c.tools.list(func() (map[string]policy.Tool, error) { return c.pages(page) })
	if err != nil {
		return policy.Tool{}, false, err
	}
	t, ok := tools[name]
	return t, ok, nil
}

// protocolMeta is what a request of revision 2026-07-28 says of itself in _meta,
// without what belongs to that request alone; nil in an older one.
func protocolMeta(request jsonrpc.Message) []byte {
	var meta []byte
	for _, m := range jsonrpc.Members(jsonrpc.Value(request.Params, "_meta")) {
		switch m.Name {
		case metaVersion, metaCapabilities, metaClient:
			if meta == nil {
				meta = []byte(`{}`)
			}
			meta = jsonrpc.Set(meta, m.Value, m.Name)
		}
	}
	return meta
}

// Members of _meta that every request of revision 2026-07-28 carries.
const (
	metaVersion      = "io.modelcontextprotocol/protocolVersion"
	metaCapabilities = "io.modelcontextprotocol/clientCapabilities"
	metaClient       = "io.modelcontextprotocol/clientInfo"
)
