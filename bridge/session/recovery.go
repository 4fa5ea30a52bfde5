package session

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"strconv"

	"ucbridge/bridge/jsonrpc"
	"ucbridge/bridge/streamable"
)

// sessionLost says that the server does not know the session of a request, which
// it therefore has not executed.
type sessionLost struct{ answer jsonrpc.Message }

func (e *sessionLost) Error() string { return "the server has lost the session" }

// naming matches how servers word it when they answer 400 instead of 404.
var naming = regexp.MustCompile(`(?i)session`)

// disowns reports whether an error response with that HTTP status says that the
// session is gone. MCP wants 404 for it (2025-11-25, Transports, "Session
// Management"), but 404 with -32601 is an unknown method; some servers, the
// reference server-everything among them, answer 400 and name the session.
func disowns(status int, m jsonrpc.Message) bool {
	if m.Error == nil {
		return false
	}
	code := string(jsonrpc.Value(m.Error, "code"))
	switch status {
	case http.StatusNotFound:
		return code != strconv.Itoa(jsonrpc.CodeMethodNotFound)
	case http.StatusBadRequest:
		return (code == "-32000" || code == "-32001") && naming.MatchString(jsonrpc.Text(m.Error, "message"))
	}
	return false
}

// asLoss recognises a loss in the error of perform.
func asLoss(err error, conv streamable.Conversation) bool {
	var lost *sessionLost
	if errors.As(err, &lost) {
		return true
	}
	var status *streamable.StatusError
	if conv.Session == "" || !errors.As(err, &status) {
		return false
	}
	return status.Status == http.StatusNotFound ||
		status.Status == http.StatusBadRequest && naming.MatchString(status.Body)
}

// performAcrossLoss performs x, and once more in a new session where the server
// had lost the one that x was sent in: it refused x, so nothing runs twice.
func (s *Session) performAcrossLoss(x *exchange) error {
	s.mu.Lock()
	conv, generation := s.conv, s.generation
	s.mu.Unlock()
	err := s.perform(x, conv)
	if !asLoss(err, conv) {
		return err
	}
	s.Log.Info("the server has lost the session, beginning a new one", "method", x.message.Method)
	if err := s.connect(x.ctx, generation); err != nil {
		return err
	}
	err = s.perform(x, s.conversation())
	var lost *sessionLost
	if errors.As(err, &lost) { // a server that disowns what it has just begun
		s.deliver(lost.answer, x)
		return nil
	}
	return err
}

// renew replaces a session whose loss showed outside of a call.
func (s *Session) renew(generation int) {
	if err := s.connect(s.ctx, generation); err != nil {
		s.Log.Warn("beginning a new session", "err", err)
	}
}

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
		s.working.add(1)
		go func() {
			defer s.working.add(-1)
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
	known, wasLive, before := s.memory.messages(), s.phase == phaseLive, s.conv.Version
	s.mu.Unlock()
	if wasLive && before != conv.Version {
		s.Log.Warn("the new session speaks another protocol revision than the client negotiated", "client", before, "server", conv.Version)
	}
	s.postTo(conv, jsonrpc.Message{Method: "notifications/initialized", Raw: []byte(`{"jsonrpc":"2.0","method":"notifications/initialized"}`)})
	for i, raw := range known {
		s.retell(conv, raw, i)
	}
	if wasLive {
		s.withdrawQuestions()
	}
	s.mu.Lock()
	s.phase, s.conv = phaseLive, conv
	s.generation++
	s.mu.Unlock()
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
			failure = jsonrpc.NewError("initialize_refused", "The MCP server refused the handshake.")
		}
	}
	x.flights[0].lost = func(cause *jsonrpc.Error) {
		failure = cause
		s.Standby.Explain(cause)
	}
	s.fail(x, s.perform(x, streamable.Conversation{}))
	x.clock.stop()
	return result, x, failure
}

// privately prepares an exchange of the bridge's own: raw under another id, its
// answer kept from the client.
func (s *Session) privately(raw []byte, id jsonrpc.ID) (*exchange, error) {
	at, _ := jsonrpc.Find(raw, "id")
	m, err := jsonrpc.Parse(jsonrpc.Splice(raw, at, id))
	if err != nil {
		return nil, fmt.Errorf("repeating %s: %w", raw, err)
	}
	x := newExchange(s.ctx, m)
	x.clock.start(s.ConnectTimeout, func() { x.cancel(errDeadline) })
	x.flights[0].take = func(jsonrpc.Message) {}
	x.flights[0].lost = func(cause *jsonrpc.Error) {
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
	defer x.clock.stop()
	s.fail(x, s.perform(x, conv))
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

func (s *Session) currentGeneration() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.generation
}

// memory keeps the requests that set up a session, as the client sent them.
type memory struct {
	level         []byte            // the last logging/setLevel
	subscriptions map[string][]byte // resources/subscribe by URI
}

// remember takes note of an answered request where a new session must hear of it.
func (s *Session) remember(f *flight, answer jsonrpc.Message) {
	m := f.exchange.message
	if answer.Result == nil || m.Batch != nil {
		return
	}
	switch f.method {
	case "logging/setLevel":
		s.mu.Lock()
		defer s.mu.Unlock()
		s.memory.level = m.Raw
	case "resources/subscribe", "resources/unsubscribe":
		uri := jsonrpc.Text(m.Params, "uri")
		s.mu.Lock()
		defer s.mu.Unlock()
		if f.method == "resources/unsubscribe" {
			delete(s.memory.subscriptions, uri)
			return
		}
		if s.memory.subscriptions == nil {
			s.memory.subscriptions = make(map[string][]byte)
		}
		s.memory.subscriptions[uri] = m.Raw
	}
}

// messages returns what a new session has to be told.
func (m *memory) messages() [][]byte {
	var all [][]byte
	if m.level != nil {
		all = append(all, m.level)
	}
	for _, raw := range m.subscriptions {
		all = append(all, raw)
	}
	return all
}
