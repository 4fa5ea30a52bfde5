package session

import (
	"context"

	"ucbridge/bridge/guard"
	"ucbridge/bridge/jsonrpc"
	"ucbridge/bridge/mcp"
	"ucbridge/bridge/refusal"
	"ucbridge/bridge/streamable"
)

// Ask sends a request of the bridge's own and returns the server's answer, which
// may be an error of the server's. It connects to a server that the standby
// answers for. params decide the revision, as in a request of the client. The
// error says why there is no answer, or is the cause of ctx; it takes no longer
// than ConnectTimeout for each of connecting and asking.
func (s *Session) Ask(ctx context.Context, method string, params []byte) (jsonrpc.Message, error) {
	request, err := streamable.NewRequest(jsonrpc.ID("0"), method, params)
	if err != nil {
		return jsonrpc.Message{}, err
	}
	x, err := s.sender.private(request.Raw)
	if err != nil {
		return jsonrpc.Message{}, err
	}
	defer x.cancel(errSettled)
	defer context.AfterFunc(ctx, func() { x.cancel(context.Cause(ctx)) })()
	x.era = mcp.Revision(x.message)
	turn := make(chan struct{})
	s.ordered.pass(func() { close(turn) }) // after the handshake, as any request
	select {
	case <-turn:
	case <-x.ctx.Done():
		return jsonrpc.Message{}, context.Cause(x.ctx)
	}
	if generation, out := s.link.outOfReach(); x.era == "" && out {
		if err := s.link.renew(x.ctx, generation); err != nil {
			return jsonrpc.Message{}, err
		}
	}
	var answer jsonrpc.Message
	var failure error
	c := x.calls[0]
	c.take = func(m jsonrpc.Message) { answer = s.read(c, m) }
	c.lost = func(cause *refusal.Error) { failure = cause }
	s.sender.await(x, func() error { return s.link.carry(x) })
	return answer, failure
}

// Reach tries to reach a server that the standby answers for, as any call does. The error
// says why it cannot be reached, or is the cause of ctx.
func (s *Session) Reach(ctx context.Context) error {
	if generation, out := s.link.outOfReach(); out {
		return s.link.renew(ctx, generation)
	}
	return nil
}

// Owns reports whether calls to that tool are answered by the standby.
func (s *Session) Owns(tool string) bool {
	return s.link.ownsTool(tool)
}

// Go runs work for a message of the client, which the end of the session waits for, as
// it does for a call. Where the work is at fault, the requests of the message are
// answered.
func (s *Session) Go(m jsonrpc.Message, work func()) {
	s.life.working.run(func() {
		guard.Run(s.life.log, func() {
			defer s.client.Ended(m)
			for _, r := range mcp.Requests(m) {
				s.client.Reject(internalFault().Answer(r))
			}
		}, work)
	})
}
