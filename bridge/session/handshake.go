package session

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"time"

	"ucbridge/bridge/jsonrpc"
	"ucbridge/bridge/mcp"
	"ucbridge/bridge/refusal"
	"ucbridge/bridge/streamable"
)

// initialize runs the client's handshake and returns when it is answered, by the
// server or, when that cannot be reached in time, by the standby.
func (s *Session) initialize(x *exchange) {
	s.abandon()
	s.mu.Lock()
	s.hello = x.message
	s.mu.Unlock()
	f := x.flights[0]
	f.take = func(answer jsonrpc.Message) {
		if answer.Result != nil {
			s.becomeLive(answer, x)
		}
		s.Emit(s.restoreID(answer, f.id))
	}
	f.lost = func(cause *refusal.Error) { s.Emit(s.becomeStandby(f, cause)) }
	go func() {
		defer s.retire(x)
		defer s.survive(x)
		x.clock.start(s.ConnectTimeout, func() { x.cancel(errDeadline) })
		defer x.clock.stop()
		s.fail(x, s.performPatiently(x))
	}()
	<-x.settled
}

// abandon drops what an earlier handshake of the same client left: it begins anew.
func (s *Session) abandon() {
	s.mu.Lock()
	conv, stop := s.conv, s.stopListen
	s.phase, s.conv, s.stopListen = phaseFresh, streamable.Conversation{}, nil
	s.memory, s.understudy, s.granted, s.told = memory{}, false, nil, ""
	s.generation++
	s.mu.Unlock()
	if stop != nil {
		stop()
	}
	if conv == (streamable.Conversation{}) {
		return
	}
	s.withdrawQuestions()
	s.aside.add(1)
	go func() {
		defer s.aside.add(-1)
		s.endSession(conv)
	}()
}

// becomeLive takes the server's InitializeResult: from here on requests carry its
// session and revision.
func (s *Session) becomeLive(answer jsonrpc.Message, x *exchange) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.phase = phaseLive
	s.generation++
	s.conv = conversationOf(answer, x)
	s.told = s.conv.Version
}

// conversationOf reads what an InitializeResult begins.
func conversationOf(answer jsonrpc.Message, x *exchange) streamable.Conversation {
	version := jsonrpc.Text(answer.Result, "protocolVersion")
	if !mcp.FitsHeader(version) {
		version = ""
	}
	return streamable.Conversation{Session: x.session, Version: version}
}

// greet follows the acceptance of notifications/initialized: from here on the
// server may speak on its own, where the route lets it. A question that it asks
// before its stream stands would be lost, and the call that waits for the answer
// with it; so greet returns when the stream stands or is refused, or after
// longestOpening.
func (s *Session) greet() {
	s.mu.Lock()
	if s.phase != phaseLive || s.Route.Buffered() {
		s.mu.Unlock()
		return
	}
	if s.stopListen != nil {
		s.stopListen()
	}
	ctx, cancel := context.WithCancel(s.ctx)
	s.stopListen = cancel
	conv, generation := s.conv, s.generation
	s.mu.Unlock()
	opened := make(chan struct{})
	s.aside.add(1)
	go s.listen(ctx, conv, generation, sync.OnceFunc(func() { close(opened) }))
	timer := time.NewTimer(longestOpening)
	defer timer.Stop()
	select {
	case <-opened:
	case <-timer.C: // some servers answer only when they have something to say
	}
}

// listen delivers what the server sends on the GET stream.
func (s *Session) listen(ctx context.Context, conv streamable.Conversation, generation int, opened func()) {
	defer s.aside.add(-1)
	defer opened()
	stood := false
	for m, err := range s.Upstream.Listen(ctx, conv, func() { stood = true; opened() }) {
		var refused *streamable.StatusError
		switch {
		case err == nil:
			s.deliver(m, nil)
		case errors.As(err, &refused) && refused.Status == http.StatusNotFound && stood && conv.Session != "":
			s.renewAside(generation) // it had worked: the session is gone
		case errors.As(err, &refused):
			s.Log.Debug("the server offers no stream of its own", "status", refused.Status)
		default:
			s.Log.Warn("reading the server's stream", "err", err)
		}
	}
}
