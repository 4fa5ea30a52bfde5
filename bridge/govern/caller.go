package govern

import (
	"context"
	"fmt"
	"sync"
	"time"

	"ucbridge/bridge/policy"
)

const (
	// personTTL is how long it is believed who calls, and in which groups they are.
	personTTL = 5 * time.Minute
	// identifyTimeout bounds the question who that is, and unknownTTL is how long it is
	// not asked again where it has failed: messages wait for it.
	identifyTimeout = 10 * time.Second
	unknownTTL      = 2 * time.Second
)

// caller is whose messages a Filter sees. It is safe for concurrent use.
type caller struct {
	// who asks; it is nil where person is known from the start.
	who func(context.Context) (policy.Person, error)
	// changed is called when another policy holds, as somebody is known now or in other
	// groups.
	changed func(before, after *ruleset)

	asking sync.Mutex // one question at a time

	mu     sync.Mutex
	person policy.Person
	why    error     // why it is not known who it is, nil where it is
	until  time.Time // that is believed, zero for as long as there is a caller
	view   *view
}

func knownCaller(p policy.Person, v *view) *caller { return &caller{person: p, view: v} }

func askedCaller(who func(context.Context) (policy.Person, error)) *caller {
	return &caller{who: who, why: fmt.Errorf("nobody was asked"), view: new(view)}
}

// fresh reports whether it is known who calls, or was asked for a moment ago.
func (c *caller) fresh() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.who == nil || time.Now().Before(c.until)
}

// identify asks who calls.
func (c *caller) identify(ctx context.Context) {
	c.asking.Lock()
	defer c.asking.Unlock()
	if c.fresh() {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, identifyTimeout)
	defer cancel()
	person, err := c.who(ctx)
	ttl := personTTL
	if err != nil {
		ttl = unknownTTL
	}
	c.mu.Lock()
	before := c.view.rules
	c.person, c.why, c.until = person, err, time.Now().Add(ttl)
	var after *ruleset
	if before != nil {
		after = c.view.under(c.view.of, person, err)
	}
	c.mu.Unlock()
	if c.changed != nil && before != after {
		c.changed(before, after)
	}
}

// rules are those of base that hold for the caller.
func (c *caller) rules(base *ruleset) *ruleset {
	if !base.aboutPeople {
		return base
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.view.under(base, c.person, c.why)
}

// view keeps what was last made of a ruleset for a person. It is safe for concurrent
// use.
type view struct {
	mu    sync.Mutex
	of    *ruleset
	who   policy.Person
	why   error
	rules *ruleset
}

// under returns the rules of base that hold for a person; why says that it is not known
// who it is.
func (v *view) under(base *ruleset, who policy.Person, why error) *ruleset {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.of == base && v.who.Is(who) && (v.why == nil) == (why == nil) {
		return v.rules
	}
	narrowed := base.policy.For(who)
	if why != nil {
		narrowed = base.policy.ForUnknown(why)
	}
	v.of, v.who, v.why, v.rules = base, who, why, base.narrowedTo(narrowed)
	return v.rules
}
