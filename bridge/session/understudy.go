package session

import (
	"context"
	"errors"

	"ucbridge/bridge/jsonrpc"
	"ucbridge/bridge/mcp"
	"ucbridge/bridge/refusal"
	"ucbridge/bridge/streamable"
)

// becomeStandby answers the client's initialize in the server's place and begins
// to reach for the server.
func (s *Session) becomeStandby(f *flight, cause *refusal.Error) []byte {
	if s.ctx.Err() != nil { // closing
		return cause.Response(f.id)
	}
	if s.Unreachable != nil {
		s.Unreachable(cause)
		return cause.Response(f.id)
	}
	s.Log.Warn("the server cannot be reached, the standby answers for it", "reason", cause.Data.Reason, "err", cause)
	s.Standby.Explain(cause)
	raw := s.Standby.Answer(s.ctx, f.exchange.message)
	if raw == nil {
		return cause.Response(f.id)
	}
	s.mu.Lock()
	s.phase, s.conv, s.understudy = phaseStandby, streamable.Conversation{}, true
	s.told = jsonrpc.Text(raw, "result", "protocolVersion")
	s.mu.Unlock()
	s.keepTrying()
	return raw
}

// standIn answers x without the server where that is right, and reports whether
// it did: while the standby is in charge; later for its tool, which the client
// may still have in a list; and for lists that the server does not have but the
// standby had declared.
func (s *Session) standIn(x *exchange) bool {
	m := x.message
	s.mu.Lock()
	phase, understudy, granted := s.phase, s.understudy, s.granted
	s.mu.Unlock()
	if !understudy || m.Batch != nil {
		return false
	}
	var raw []byte
	switch {
	case phase == phaseStandby || s.Standby.Owns(m):
		raw = s.Standby.Answer(x.ctx, m)
	case granted != nil && !declares(granted, m.Method):
		raw = jsonrpc.Result(m.ID, s.Standby.EmptyList(m.Method))
	}
	if raw == nil {
		return false
	}
	if f := x.flights[0]; f.end() {
		s.Emit(raw)
		f.done()
	}
	return true
}

// declares reports whether an InitializeResult declares what a list method lists;
// true for any other method.
func declares(result []byte, method string) bool {
	list, ok := mcp.ListOf(method)
	return !ok || jsonrpc.Value(result, "capabilities", list.Capability) != nil
}

// reach connects to the server where the standby is in charge. A call that fails
// for it gets its answer here, as a tool error that names the remedy.
func (s *Session) reach(x *exchange) bool {
	generation, out := s.outOfReach()
	if !out {
		return true
	}
	err := s.connect(x.ctx, generation)
	if err == nil {
		return true
	}
	if cause := asError(err); cause != nil && x.message.Method == "tools/call" {
		x.flights[0].lost = func(*refusal.Error) { s.Emit(s.Standby.Refuse(x.message, cause)) }
	}
	s.fail(x, err)
	return false
}

// outOfReach reports whether the standby is in charge, and since which session.
func (s *Session) outOfReach() (generation int, out bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.generation, s.phase == phaseStandby
}

func asError(err error) *refusal.Error {
	var worded *refusal.Error
	if errors.As(err, &worded) {
		return worded
	}
	return nil
}

// learn lets the standby keep what the client will ask for again.
func (s *Session) learn(f *flight, answer jsonrpc.Message) {
	m := f.exchange.message
	if answer.Result == nil || m.Batch != nil || m.Method != "initialize" && s.Standby.EmptyList(m.Method) == nil {
		return
	}
	s.aside.add(1)
	s.learning.put(func() { // in their order: initialize says whose answers the lists are
		defer s.aside.add(-1)
		s.Standby.Learn(context.WithoutCancel(s.ctx), m, answer.Result)
	})
}
