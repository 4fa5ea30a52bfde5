package govern

import (
	"context"
	"sync"
	"time"

	"ucbridge/bridge/jsonrpc"
	"ucbridge/bridge/policy"
	"ucbridge/bridge/refusal"
)

// Visitor is a client of which a door sees one message at a time, as over HTTP.
type Visitor struct {
	// User is the user's name. Limits, and what is known of tools, are each user's own.
	User string
	// Revision is the one of MCP that the client names, "" where it names none.
	Revision string
	// Asker asks the server in this visitor's name.
	Asker Asker
}

// Admit returns the gate for one message of a visitor and what comes back for it,
// or for one stream. Begin takes the message, Pass what comes back; Handle and Emit are
// for clients that stay.
func (g *Governor) Admit(ctx context.Context, v Visitor) *Gate {
	u := g.guests.find(v.User, g.policy)
	return &Gate{
		Governor: g, ctx: ctx, asker: v.Asker, visitor: true,
		tools: &u.tools, limits: u.limits, user: v.User, spoken: v.Revision,
		open: make(map[string]*exchange),
	}
}

// Broken says why the policy cannot be read, nil where it can.
func (g *Governor) Broken() error { return g.policy.Broken }

// Verdict is what Begin says of a message.
type Verdict struct {
	// Forward is the message to forward, which may be another one, where Passes is set.
	Forward jsonrpc.Message
	Passes  bool
	// Answer is what the client gets where the message does not pass, nil for nothing.
	Answer []byte
	// Reason says in a word why it does not pass, "" where the user is asked first.
	Reason refusal.Reason
	// Failure is why the server could not be asked for what had to be known, nil
	// where that was not so. The answer tells of it, unless the door has a better one.
	Failure error
}

// Begin rules on a message of a visitor. It may wait for the server. Whoever forwards
// the message says with Ended when all has come back that will.
func (c *Gate) Begin(m jsonrpc.Message) Verdict {
	if m.Method == "initialize" {
		c.client = clientName(jsonrpc.Value(m.Params, "clientInfo"))
	}
	x := c.begin(m)
	if x == nil {
		return Verdict{Reason: refusal.AmbiguousMessage}
	}
	c.inquire(x)
	if _, handed := c.release(x); handed {
		return Verdict{Forward: x.message, Passes: true}
	}
	v := Verdict{Reason: refusal.PolicyDenied}
	for _, p := range x.parts {
		if p.question != nil {
			v.Reason = ""
		}
		if p.failure != nil {
			v.Failure = p.failure
		}
	}
	v.Answer = c.refuse(x)
	return v
}

// Expect says that answers to these requests may come, which an earlier gate has let
// pass, and whose stream is resumed here.
func (c *Gate) Expect(m jsonrpc.Message) {
	x := &exchange{message: m}
	requests := m.Batch
	if requests == nil {
		requests = []jsonrpc.Message{m}
	}
	for _, r := range requests {
		about, err := subjectOf(r)
		if err != nil { // the earlier gate refused it, where that matters
			about = subject{}
		}
		x.parts = append(x.parts, &part{request: r, about: about, began: time.Now(), sent: true, resumed: true})
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, p := range x.parts {
		if p.request.ID != nil {
			c.open[string(p.request.ID)] = x
		}
	}
}

// only returns the one request that is open, where its id may have come back as got:
// a server may lose an id, or round it. The lock is held.
func (c *Gate) only(got jsonrpc.ID) *exchange {
	if !c.visitor || len(c.open) != 1 {
		return nil
	}
	for id, x := range c.open {
		if asked := jsonrpc.ID(id); got == nil || got.IsNull() || asked.Means(got) {
			return x
		}
	}
	return nil
}

// unjudged is the answer in place of a result that cannot be ruled on, as nobody here
// knows what was asked.
func unjudged(id jsonrpc.ID) []byte {
	return refusal.New(refusal.PolicyUnjudged, "The answer is not shown, as ucbridge does not know the request that it is for, and so cannot apply the policy to it. The request may have run.").
		WithHint("check, and send the request again").Response(id)
}

const (
	// toolsLife is how long what a user's visits taught of the tools is believed: that
	// they have changed may be told to another replica.
	toolsLife = time.Minute
	// guestLife is how long a user is remembered who sends nothing. Any limit is a
	// minute's, and is whole again by then.
	guestLife = 5 * time.Minute
)

// guest is what is remembered of one user between visits.
type guest struct {
	tools  Tools
	limits *limits
	seen   time.Time
}

// guests are all users that visit. The zero value knows none.
type guests struct {
	mu    sync.Mutex
	users map[string]*guest
	swept time.Time
}

func (g *guests) find(user string, p *policy.Policy) *guest {
	g.mu.Lock()
	defer g.mu.Unlock()
	now := time.Now()
	if now.Sub(g.swept) > guestLife {
		g.swept = now
		for name, u := range g.users {
			if now.Sub(u.seen) > guestLife {
				delete(g.users, name)
			}
		}
	}
	u := g.users[user]
	if u == nil {
		if g.users == nil {
			g.users = make(map[string]*guest)
		}
		u = &guest{tools: Tools{Life: toolsLife}, limits: newLimits(p)}
		g.users[user] = u
	}
	u.seen = now
	return u
}

// cannotAsk is the ruling on a call that must be confirmed by a user whom nobody can ask.
func (c *Gate) cannotAsk(by policy.Ruling) policy.Ruling {
	if c.visitor { // the answer to a question could arrive anywhere
		return policy.Deny("%s, and over HTTP the user can be asked in MCP 2026-07-28 only; ucbridge stdio can ask in every revision", by.Rule)
	}
	return policy.Deny("%s, and the client cannot ask its user", by.Rule)
}
