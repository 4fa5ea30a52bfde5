package govern

import (
	"errors"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"ucbridge/bridge/mcp"
	"ucbridge/bridge/policy"
)

// Tools are those that the server has listed to one user, so that calls can be ruled
// on. The zero value knows none. It is safe for concurrent use.
type Tools struct {
	// TTL is how long a list is believed, 0 until it is said to have changed.
	TTL time.Duration

	mu    sync.Mutex
	known map[string]policy.Tool
	since time.Time // when the list began to be read
	stale bool
	look  *lookup
	// endless is when a list was given up whose pages went on and on, zero since the
	// last list with an end.
	endless time.Time
}

// endlessTime is how long a list without an end is not read again: each reading is as
// many requests as [mcp.MaxPages].
const endlessTime = time.Minute

// lookup is one reading of all pages, shared by all calls that wait for it.
type lookup struct {
	done  chan struct{}
	tools map[string]policy.Tool
	err   error
}

// learn takes a page of the list; with the first one what was known before is
// forgotten.
func (b *Tools) learn(page map[string]policy.Tool, first bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if first || b.known == nil {
		b.known, b.since = make(map[string]policy.Tool), time.Now()
	}
	merge(b.known, page)
}

// merge adds a page to the tools that are known. If a name is on several pages, the
// most restrictive entry wins.
func merge(known, page map[string]policy.Tool) {
	for name, t := range page {
		if twin, ok := known[name]; ok {
			t = t.Worse(twin)
		}
		known[name] = t
	}
}

// Expire says that the list has changed: what is known is not so any more.
func (b *Tools) Expire() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.stale, b.endless = true, time.Time{}
}

// Judged is a tool that the server has listed, shown or hidden, and what the policy
// says of a call to it.
type Judged struct {
	policy.Tool
	policy.Ruling
}

// Judge returns all tools that the server has listed so far to this client, by name.
func (c *Gate) Judge() []Judged {
	if c.filter.g.Idle() {
		return nil
	}
	tools := c.filter.tools
	tools.mu.Lock()
	known := slices.Collect(maps.Values(tools.known))
	tools.mu.Unlock()
	slices.SortFunc(known, func(a, b policy.Tool) int { return strings.Compare(a.Name, b.Name) })
	var all []Judged
	for _, t := range known {
		all = append(all, Judged{t, c.filter.rules().forLists.Tool(t)})
	}
	return all
}

// differ reports whether other tools may be seen under other rules.
func (b *Tools) differ(before, after *ruleset) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, t := range b.known {
		if before.forLists.Tool(t).Denied != after.forLists.Tool(t).Denied {
			return true
		}
	}
	return false
}

// listed is a tool as the server has listed it last, though the list may have changed.
func (b *Tools) listed(name string) (policy.Tool, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	t, ok := b.known[name]
	return t, ok
}

func (b *Tools) find(name string) (policy.Tool, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.believed(name)
}

// believed is find, called with the lock held.
func (b *Tools) believed(name string) (policy.Tool, bool) {
	t, ok := b.known[name]
	return t, ok && !b.stale && (b.TTL == 0 || time.Since(b.since) < b.TTL)
}

// lookUp returns a tool that find did not know, from all pages of the list, which it reads
// by means of all, one reading at a time.
func (b *Tools) lookUp(name string, all func() (map[string]policy.Tool, error)) (policy.Tool, bool, error) {
	b.mu.Lock()
	if t, ok := b.believed(name); ok { // by a reading that has ended since
		b.mu.Unlock()
		return t, true, nil
	}
	if shared := b.look; shared != nil {
		b.mu.Unlock()
		<-shared.done
		return shared.tool(name)
	}
	if !b.endless.IsZero() && time.Since(b.endless) < endlessTime {
		b.mu.Unlock()
		return policy.Tool{}, false, mcp.ErrManyPages
	}
	l := &lookup{done: make(chan struct{})}
	b.look, b.stale = l, false
	b.mu.Unlock()
	began := time.Now()
	l.tools, l.err = all()
	b.mu.Lock()
	b.look, b.endless = nil, time.Time{}
	if errors.Is(l.err, mcp.ErrManyPages) {
		b.endless = time.Now()
	}
	if l.err == nil {
		b.known, b.since = maps.Clone(l.tools), began
	} else {
		b.stale = true
	}
	b.mu.Unlock()
	close(l.done)
	return l.tool(name)
}

// tool is what the reading says of a tool, once it is done.
func (l *lookup) tool(name string) (policy.Tool, bool, error) {
	t, ok := l.tools[name]
	return t, ok, l.err
}
