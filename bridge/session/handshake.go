package session

import (
	"context"
	"errors"
	"net/http"
	"time"

	"ucbridge/bridge/jsonrpc"
	"ucbridge/bridge/streamable"
)

// initialize runs the client's handshake and returns when it is answered, by the
// server or, when that cannot be reached in time, by the standby.
func (s *Session) initialize(x *exchange) {
	s.mu.Lock()
	s.hello, s.understudy, s.granted = x.message, false, nil
	s.mu.Unlock()
	f := x.flights[0]
	f.take = func(answer jsonrpc.Message) {
		if answer.Result != nil {
			s.becomeLive(answer, x)
		}
		s.Emit(s.restoreID(answer, f.id))
	}
	f.lost = func(cause *jsonrpc.Error) { s.Emit(s.becomeStandby(f, cause)) }
	go func() {
		defer s.retire(x)
		x.clock.start(s.ConnectTimeout, func() { x.cancel(errDeadline) })
		defer x.clock.stop()
		s.fail(x, s.perform(x, streamable.Conversation{}))
	}()
	<-x.settled
}

// becomeLive takes the server's InitializeResult: from here on requests carry its
// session and revision.
func (s *Session) becomeLive(answer jsonrpc.Message, x *exchange) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.phase = phaseLive
	s.generation++
	s.conv = conversationOf(answer, x)
}

// conversationOf reads what an InitializeResult begins.
func conversationOf(answer jsonrpc.Message, x *exchange) streamable.Conversation {
	return streamable.Conversation{
		Session: x.session,
		Version: jsonrpc.Text(answer.Result, "protocolVersion"),
	}
}

// greet follows the acceptance of notifications/initialized: from here on the
// server may speak on its own, where the road lets it.
func (s *Session) greet() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.phase != phaseLive || s.Road.Buffered() {
		return
	}
	if s.stopListen != nil {
		s.stopListen()
	}
	ctx, cancel := context.WithCancel(s.ctx)
	s.stopListen = cancel
	s.working.add(1)
	go s.listen(ctx, s.conv, s.generation)
}

// listen delivers what the server sends on the GET stream.
func (s *Session) listen(ctx context.Context, conv streamable.Conversation, generation int) {
	counted := true
	uncount := func() {
		if counted { // an open stream is no work to wait for at the end
			counted = false
			s.working.add(-1)
		}
	}
	defer uncount()
	for m, err := range s.Client.Listen(ctx, conv, uncount) {
		var refused *streamable.StatusError
		switch {
		case errors.As(err, &refused) && refused.Status == http.StatusNotFound && conv.Session != "" && !counted:
			go s.renew(generation) // it had worked: the session is gone
		case errors.As(err, &refused):
			s.Log.Debug("the server offers no stream of its own", "status", refused.Status)
		case err != nil && ctx.Err() == nil:
			s.Log.Warn("reading the server's stream", "err", err)
		case err == nil:
			s.deliver(m, nil)
		}
	}
}

// timeoutText is a duration as people write it.
func timeoutText(d time.Duration) string { return d.Round(time.Millisecond).String() }
