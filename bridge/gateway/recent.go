package gateway

import (
	"slices"
	"sync"
	"time"

	"ucbridge/bridge/mcp"
	"ucbridge/bridge/refusal"
)

// Call is one use of a server by a user, as far as it is remembered: no argument
// and nothing of the answer is in it.
type Call struct {
	At     time.Time // when it came
	Took   time.Duration
	Path   string         // of the Endpoint, Unescaped
	Method string         // tools/call, prompts/get or resources/read
	Name   string         // of the tool or prompt, "" where it is too long
	Status int            // HTTP
	Reason refusal.Reason // of a refusal in the gateway's words
}

const (
	// maxRecentCalls is how many calls of a user are remembered, maxRecentUsers of how
	// many users.
	maxRecentCalls = 20
	maxRecentUsers = 1000
)

// recent remembers the latest calls of each user on this replica. It is safe for
// concurrent use.
type recent struct {
	mu    sync.Mutex
	users map[string]*calls
}

// calls are the latest of a user.
type calls struct {
	ring []Call
	next int // where the next one goes once there are as many as are remembered
}

func (c *calls) add(call Call) {
	if len(c.ring) < maxRecentCalls {
		c.ring = append(c.ring, call)
		return
	}
	c.ring[c.next] = call
	c.next = (c.next + 1) % len(c.ring)
}

func (c *calls) last() Call { return c.ring[(c.next+len(c.ring)-1)%len(c.ring)] }

// latest returns them, the latest first.
func (c *calls) latest() []Call {
	all := slices.Concat(c.ring[c.next:], c.ring[:c.next])
	slices.Reverse(all)
	return all
}

func newRecent() *recent { return &recent{users: make(map[string]*calls)} }

// add remembers a finished exchange, if a user made use of a server.
func (l *recent) add(x *exchange) {
	if x.caller.Name == "" { // was not let in
		return
	}
	if method, _ := mcp.Lookup(x.message.Method); method.Kind != mcp.KindUse {
		return
	}
	c := Call{At: x.began, Took: x.took, Path: x.r.URL.Path, Method: x.message.Method, Status: x.status, Reason: x.reason, Name: x.subject()}
	l.mu.Lock()
	defer l.mu.Unlock()
	user := l.users[x.caller.Name]
	if user == nil {
		if len(l.users) >= maxRecentUsers {
			l.forgetOne()
		}
		user = new(calls)
		l.users[x.caller.Name] = user
	}
	user.add(c)
}

// forgetOne forgets the user whose last call is the oldest. It is called with the
// lock held.
func (l *recent) forgetOne() {
	var oldest string
	var at time.Time
	for name, calls := range l.users {
		if last := calls.last().At; oldest == "" || last.Before(at) {
			oldest, at = name, last
		}
	}
	delete(l.users, oldest)
}

// Recent returns the latest calls of the caller on this replica, the latest first.
// With --auth app nobody's calls are told apart, and there are none.
func (g *Gateway) Recent(c Caller) []Call {
	if !g.opts.Auth.TakesTokens() && g.opts.Auth.Secret == "" {
		return nil
	}
	g.recent.mu.Lock()
	defer g.recent.mu.Unlock()
	user := g.recent.users[c.Name]
	if user == nil {
		return nil
	}
	return user.latest()
}
