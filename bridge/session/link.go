package session

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"

	"ucbridge/bridge/jsonrpc"
	"ucbridge/bridge/mcp"
	"ucbridge/bridge/quirks"
	"ucbridge/bridge/refusal"
	"ucbridge/bridge/streamable"
)

// serverLink is the server's side of a session: which session there is at the
// server, who answers in its absence, and how another takes its place.
type serverLink struct {
	life     *life
	client   Client
	standby  Standby
	sender   *sender
	retries  *retries
	learner  *learner
	declined queue // answers to requests of the server that the client did not get
	warm     *warmStart
	trying   atomic.Bool  // to reach the server, in the background
	disowned atomic.Int64 // the generation that the server knows no more, 0 for none

	mu         sync.Mutex
	phase      phase
	conv       streamable.Conversation
	generation int             // counts the server's sessions
	hello      jsonrpc.Message // the client's initialize
	setup      setup           // what a new session has to be told
	fellBack   bool            // the standby has answered the client's initialize
	granted    []byte          // then, the server's own InitializeResult
	told       string          // the revision that the client was told
	showsTool  bool            // the client has a list with the standby's tool
	relisted   chan struct{}   // closed when the client has read the list of tools since the server came back; nil where it need not
	connecting *renewal
	stopListen context.CancelFunc
	stream     *opening // the server's own stream, nil before it was asked for
}

type phase int

const (
	phaseFresh   phase = iota // no initialize was answered yet
	phaseLive                 // the server has answered initialize
	phaseStandby              // the standby has, for a server out of reach
)

// current returns the session in use, and its number.
func (l *serverLink) current() (streamable.Conversation, int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.conv, l.generation
}

// is reports whether the link is in that phase.
func (l *serverLink) is(p phase) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.phase == p
}

// onStandby reports whether the standby is in charge.
func (l *serverLink) onStandby() bool { return l.is(phaseStandby) }

// isCurrent reports whether that session is still the one in use.
func (l *serverLink) isCurrent(generation int) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.generation == generation
}

// carry performs x and returns when it is answered, or why it is not.
func (l *serverLink) carry(x *exchange) error {
	return l.retries.withBackoff(x, func() error {
		switch {
		case x.era != "":
			return l.sender.attemptModern(x)
		case x.message.Method == mcp.Initialize:
			return l.sender.attempt(x, streamable.Conversation{})
		}
		return l.withNewSession(x)
	})
}

// tell sends a message that wants no answer and reports whether it was accepted.
// While the standby answers, such messages have no addressee; initialized is sent
// when the server is back.
func (l *serverLink) tell(m jsonrpc.Message) bool {
	if l.onStandby() {
		return false
	}
	conv, _ := l.current()
	return l.sender.tell(conv, m)
}

// decline tells the server that a request of its own is not put to the client.
func (l *serverLink) decline(id jsonrpc.ID) {
	e := refusal.New(refusal.Overloaded, "%d requests of the server are already waiting for the client.", maxQuestions)
	if l.declined.len() < maxQuestions {
		l.declined.put(func() { l.tell(jsonrpc.Message{Raw: e.Response(id)}) })
	}
}

// note takes note of an answered request: where a new session must hear of it, and
// where the standby may be asked the same.
func (l *serverLink) note(c *call, answer jsonrpc.Message) {
	m := c.exchange.message
	if answer.Result == nil || m.Batch != nil {
		return
	}
	l.mu.Lock()
	l.setup.note(m)
	l.mu.Unlock()
	l.learner.learn(m, answer.Result)
}

// setup keeps the requests that set up a session, as the client sent them.
type setup struct {
	level         []byte            // the last logging/setLevel
	subscriptions map[string][]byte // resources/subscribe by URI
}

func (s *setup) note(m jsonrpc.Message) {
	switch m.Method {
	case "logging/setLevel":
		s.level = m.Raw
	case "resources/subscribe":
		if s.subscriptions == nil {
			s.subscriptions = make(map[string][]byte)
		}
		s.subscriptions[jsonrpc.Text(m.Params, "uri")] = m.Raw
	case "resources/unsubscribe":
		delete(s.subscriptions, jsonrpc.Text(m.Params, "uri"))
	}
}

// messages returns what a new session has to be told.
func (s *setup) messages() [][]byte {
	var all [][]byte
	if s.level != nil {
		all = append(all, s.level)
	}
	for _, raw := range s.subscriptions {
		all = append(all, raw)
	}
	return all
}

// refuse returns the response to a request that could not be carried. A missing login
// becomes a URL elicitation for a client that shows one to a person (2025-11-25,
// Elicitation, "URL Elicitation Required Error"), with the same words in its message.
func (l *serverLink) refuse(c *call, e *refusal.Error) []byte {
	l.mu.Lock()
	hello, version := l.hello, l.conv.Version
	l.mu.Unlock()
	if e.Data.LoginURL == "" || c.method != mcp.CallTool || version < mcp.Revision20251125 || !showsLinks(hello) {
		return e.Answer(c.request)
	}
	offered := *e
	offered.Code = mcp.CodeElicitationRequired
	offered.Message = e.Text()
	offered.Data.Elicitations = []refusal.Elicitation{{
		Mode: "url", ElicitationID: fmt.Sprintf("ucbridge-login-%s", strings.Trim(string(c.id), `"`)),
		URL: e.Data.LoginURL, Message: e.Message,
	}}
	return offered.Response(c.id)
}

// showsLinks reports whether a client that says that initialize lets a person open a
// link.
func showsLinks(hello jsonrpc.Message) bool {
	return jsonrpc.Value(hello.Params, "capabilities", "elicitation", "url") != nil && !quirksOf(hello).DeclinesLinks
}

// quirksOf returns what is known of the client that says that initialize.
func quirksOf(hello jsonrpc.Message) quirks.Client {
	return quirks.Of(jsonrpc.Text(hello.Params, "clientInfo", "name"), jsonrpc.Text(hello.Params, "clientInfo", "version"))
}

// close stops the server's own stream and returns the session to end.
func (l *serverLink) close() streamable.Conversation {
	l.mu.Lock()
	stop, conv := l.stopListen, l.conv
	l.mu.Unlock()
	if stop != nil {
		stop()
	}
	return conv
}
