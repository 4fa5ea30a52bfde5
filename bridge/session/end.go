package session

import (
	"context"
	"time"

	"ucbridge/bridge/streamable"
)

// Close ends the session: calls under way may be answered for as long as drain,
// then get an error; the server's session is deleted. It returns when all that
// is done, at most half a second after drain.
func (s *Session) Close(drain time.Duration) {
	s.working.wait(drain)
	s.mu.Lock()
	stop, conv := s.stopListen, s.conv
	s.mu.Unlock()
	if stop != nil {
		stop()
	}
	s.cancel(errClosing)
	end := time.Now().Add(longestDelete)
	s.aside.add(1)
	go func() {
		defer s.aside.add(-1)
		s.endSession(conv)
	}()
	s.working.wait(time.Until(end))
	s.aside.wait(time.Until(end))
}

// endSession deletes a session at the server.
func (s *Session) endSession(conv streamable.Conversation) {
	if conv.Session == "" {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(s.ctx), longestDelete)
	defer cancel()
	if err := s.Upstream.Delete(ctx, conv); err != nil {
		s.Log.Debug("ending the server's session", "err", err)
	}
}

// longestDelete bounds the end of the server's session.
const longestDelete = 400 * time.Millisecond
