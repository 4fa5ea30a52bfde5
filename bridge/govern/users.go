package govern

import (
	"sync"
	"time"
)

const (
	// toolsTTL is how long what a user's requests taught of the tools is believed: that
	// they have changed may be told to another replica.
	toolsTTL = time.Minute
	// userTTL is how long a user is remembered who sends nothing. Any limit is a
	// minute's, and is whole again by then.
	userTTL = 5 * time.Minute
)

// userState is what is remembered of one user between requests.
type userState struct {
	tools  Tools
	limits *limits
	view   view
	lists  lists
	seen   time.Time
}

// users are all users whose requests come one by one. The zero value knows none. It is
// safe for concurrent use.
type users struct {
	mu     sync.Mutex
	byName map[string]*userState
	swept  time.Time
}

func (g *users) find(user string) *userState {
	g.mu.Lock()
	defer g.mu.Unlock()
	now := time.Now()
	if now.Sub(g.swept) > userTTL {
		g.swept = now
		for name, u := range g.byName {
			if now.Sub(u.seen) > userTTL {
				delete(g.byName, name)
			}
		}
	}
	u := g.byName[user]
	if u == nil {
		if g.byName == nil {
			g.byName = make(map[string]*userState)
		}
		u = &userState{tools: Tools{TTL: toolsTTL}, limits: new(limits)}
		g.byName[user] = u
	}
	u.seen = now
	return u
}
