package session

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strconv"
	"time"

	"ucbridge/bridge/jsonrpc"
	"ucbridge/bridge/refusal"
	"ucbridge/bridge/streamable"
)

// attempt is one try to begin a new session, shared by all who wait for it.
type attempt struct {
	done chan struct{}
	err  error
}

// connect begins a new session at the server in the client's stead: after the
// standby has answered its initialize, or after the session of the given
// generation was lost. Callers at the same time share one try; a caller whose
// generation is no longer the current one has nothing to wait for.
func (s *Session) connect(ctx context.Context, generation int) error {
	s.mu.Lock()
	if s.phase == phaseLive && s.generation != generation {
		s.mu.Unlock()
		return nil
	}
	try := s.connecting
	if try == nil {
		try = &attempt{done: make(chan struct{})}
		s.connecting = try
		s.attempts++
		id := jsonrpc.ID(strconv.AppendQuote(nil, fmt.Sprintf("ucbridge-initialize-%d", s.attempts)))
		s.aside.add(1)
		go func() {
			defer s.aside.add(-1)
			try.err = s.repeatHandshake(id)
			s.mu.Lock()
			s.connecting = nil
			s.mu.Unlock()
			close(try.done)
		}()
	}
	s.mu.Unlock()
	select {
	case <-try.done:
		return try.err
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// repeatHandshake sends the client's own initialize under an id of the bridge,
// tells the new session all that the old one knew, and only then lets requests
// use it.
func (s *Session) repeatHandshake(id jsonrpc.ID) error {
	answer, x, err := s.sayHello(id)
	if err != nil {
		return err
	}
	defer x.cancel(errSettled)
	conv := conversationOf(answer, x)
	s.mu.Lock()
	known, wasLive, told, generation := s.memory.messages(), s.phase == phaseLive, s.told, s.generation
	s.mu.Unlock()
	if told != conv.Version {
		s.Log.Warn("the new session speaks another protocol revision than the client was told", "client", told, "server", conv.Version)
	}
	s.postTo(conv, jsonrpc.Message{Method: "notifications/initialized", Raw: []byte(`{"jsonrpc":"2.0","method":"notifications/initialized"}`)})
	for i, raw := range known {
		s.retell(conv, raw, i)
	}
	if wasLive {
		s.withdrawQuestions()
	}
	s.mu.Lock()
	if s.generation != generation { // the client has begun anew meanwhile
		s.mu.Unlock()
		s.endSession(conv)
		return refusal.New(refusal.SessionSuperseded, "The client began a new session meanwhile.")
	}
	s.phase, s.conv = phaseLive, conv
	s.generation++
	if s.understudy {
		s.granted = answer.Result
	}
	s.mu.Unlock()
	s.Standby.Explain(nil)
	if s.Renewed != nil {
		s.Renewed()
	}
	s.greet()
	s.announceLists(answer.Result, wasLive)
	return nil
}

// sayHello performs the handshake's first half and returns the server's answer.
func (s *Session) sayHello(id jsonrpc.ID) (jsonrpc.Message, *exchange, error) {
	s.mu.Lock()
	hello := s.hello
	s.mu.Unlock()
	x, err := s.privately(hello.Raw, id)
	if err != nil {
		return jsonrpc.Message{}, nil, err
	}
	var result jsonrpc.Message
	var failure error
	x.flights[0].take = func(answer jsonrpc.Message) {
		result = answer
		if answer.Result == nil {
			failure = refusal.New(refusal.InitializeRefused, "The MCP server refused the handshake.")
		}
	}
	x.flights[0].lost = func(cause *refusal.Error) {
		failure = cause
		s.Standby.Explain(cause)
	}
	s.inPrivate(x, func() error { return s.performPatiently(x) })
	return result, x, failure
}

// inPrivate runs an exchange of the bridge's own and returns when it is answered.
// A stream that stays open behind the answer goes on until x is cancelled.
func (s *Session) inPrivate(x *exchange, perform func() error) {
	s.aside.add(1)
	go func() {
		defer s.aside.add(-1)
		s.fail(x, perform())
	}()
	<-x.settled
	x.clock.stop()
}

// privately prepares an exchange of the bridge's own: raw under another id, its
// answer kept from the client.
func (s *Session) privately(raw []byte, id jsonrpc.ID) (*exchange, error) {
	at, _ := jsonrpc.Find(raw, "id")
	m, err := jsonrpc.Parse(jsonrpc.Splice(raw, at, id))
	if err != nil {
		return nil, fmt.Errorf("repeating a request: %w", err)
	}
	x := newExchange(s.ctx, m)
	x.clock.start(s.ConnectTimeout, func() { x.cancel(errDeadline) })
	x.flights[0].take = func(jsonrpc.Message) {}
	x.flights[0].lost = func(cause *refusal.Error) {
		s.Log.Warn("repeating a request in the new session", "method", m.Method, "err", cause)
	}
	return x, nil
}

// retell repeats a request that had set up the lost session.
func (s *Session) retell(conv streamable.Conversation, raw []byte, i int) {
	x, err := s.privately(raw, jsonrpc.ID(fmt.Sprintf(`"ucbridge-replay-%d"`, i)))
	if err != nil {
		s.Log.Warn("repeating a request in the new session", "err", err)
		return
	}
	defer x.cancel(errSettled)
	s.inPrivate(x, func() error { return s.perform(x, conv) })
}

// announceLists tells the client to ask again for what may have changed: for
// every list after the standby, which had declared that it would, and after a
// lost session for those that the server declares.
func (s *Session) announceLists(result []byte, declared bool) {
	for _, list := range []string{"tools", "prompts", "resources"} {
		capability := jsonrpc.Value(result, "capabilities", list)
		if capability == nil || declared && string(jsonrpc.Value(capability, "listChanged")) != "true" {
			continue
		}
		s.Emit([]byte(`{"jsonrpc":"2.0","method":"notifications/` + list + `/list_changed"}`))
	}
}

const (
	// firstRetry and longestRetry bound the waits between tries to reach the
	// server while the standby answers.
	firstRetry   = 500 * time.Millisecond
	longestRetry = 3 * time.Second
	// patientRetry takes the place of longestRetry where a try is not free, as it
	// asks for a token, and only the user can change its outcome.
	patientRetry = time.Minute
)

// keepTrying reaches for the server until it is there. A call of the client tries
// at once, besides.
func (s *Session) keepTrying() {
	if !s.trying.CompareAndSwap(false, true) {
		return
	}
	s.aside.add(1)
	go func() {
		defer s.aside.add(-1)
		defer s.trying.Store(false)
		wait := firstRetry
		for {
			select {
			case <-time.After(wait/2 + rand.N(wait/2)):
			case <-s.ctx.Done():
				return
			}
			generation, out := s.outOfReach()
			if !out {
				return
			}
			err := s.connect(s.ctx, generation)
			longest := patientRetry
			if repeatable(err) {
				longest = longestRetry
			}
			wait = min(2*wait, longest)
		}
	}()
}
