package gateway

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"net/http"
	"sync"
	"time"

	"ucbridge/bridge/scim"
)

const (
	// nameTTL is how long a name is believed without asking the workspace
	// again. Whether a token is still good is found out by each request that it
	// signs.
	nameTTL = time.Minute
	// nameTimeout bounds one question for a name.
	nameTimeout = 10 * time.Second
	// maxNames is how many names are kept.
	maxNames = 10_000
)

// People tells whose token it is, by asking the workspace: what a header says
// about a user is anybody's word. Of a token it keeps nothing but a keyed hash,
// whose key dies with the process, next to the name. It is safe for concurrent
// use.
type People struct {
	transport http.RoundTripper // to scim/v2/Me
	key       []byte

	mu    sync.Mutex
	known map[[sha256.Size]byte]*person
}

// person is the owner of one token. user and err may be read once asked is closed.
type person struct {
	asked chan struct{}
	since time.Time
	user  scim.User
	err   error
}

// NewPeople returns People that ask over the transport, which leads to scim.MePath.
func NewPeople(transport http.RoundTripper) *People {
	key := make([]byte, sha256.Size)
	_, _ = rand.Read(key) // never fails
	return &People{transport: transport, key: key, known: make(map[[sha256.Size]byte]*person)}
}

// find returns whoever signs the requests of a caller: the owner of its token, or the
// gateway itself where it has none.
func (p *People) find(ctx context.Context, c Caller) (scim.User, error) {
	id := p.id(c.token)
	p.mu.Lock()
	one := p.known[id]
	if one == nil || time.Since(one.since) > nameTTL {
		one = &person{asked: make(chan struct{}), since: time.Now()}
		p.keep(id, one)
		// The question outlives the request that asked first: others wait for it.
		go p.ask(context.WithoutCancel(c.Sign(ctx)), id, one)
	}
	p.mu.Unlock()
	select {
	case <-one.asked:
		return one.user, one.err
	case <-ctx.Done():
		return scim.User{}, ctx.Err()
	}
}

// forget has the workspace asked again whose token it is, as it has refused the token.
func (p *People) forget(token string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.known, p.id(token))
}

// id is what is kept of a token: a hash of the key and the token.
func (p *People) id(token string) [sha256.Size]byte {
	return sha256.Sum256(append(append(make([]byte, 0, 2<<10), p.key...), token...))
}

// keep is called with the lock held. Of too many, those that are no longer
// believed go, and any one if there are none.
func (p *People) keep(id [sha256.Size]byte, one *person) {
	if len(p.known) >= maxNames {
		for old, other := range p.known {
			if time.Since(other.since) > nameTTL {
				delete(p.known, old)
			}
		}
		for old := range p.known {
			if len(p.known) < maxNames {
				break
			}
			delete(p.known, old)
		}
	}
	p.known[id] = one
}

// ask asks the workspace. A failure is not remembered.
func (p *People) ask(ctx context.Context, id [sha256.Size]byte, one *person) {
	ctx, cancel := context.WithTimeout(ctx, nameTimeout)
	defer cancel()
	if one.user, one.err = scim.Me(ctx, p.transport); one.err != nil {
		p.mu.Lock()
		if p.known[id] == one {
			delete(p.known, id)
		}
		p.mu.Unlock()
	}
	close(one.asked)
}
