package session

import (
	"context"
	"math/rand/v2"
	"time"

	"ucbridge/bridge/jsonrpc"
	"ucbridge/bridge/mcp"
	"ucbridge/bridge/refusal"
	"ucbridge/bridge/streamable"
)

// fallBack answers the client's initialize in the server's place and begins to
// reach for the server.
func (l *serverLink) fallBack(c *call, cause *refusal.Error) []byte {
	if l.life.ctx.Err() != nil { // closing
		return cause.Answer(c.request)
	}
	if l.client.Unreachable(cause) {
		return cause.Answer(c.request)
	}
	l.life.log.Warn("server unreachable; answering locally until it is back", "reason", cause.Data.Reason, "err", cause)
	l.standby.Explain(cause)
	raw := l.standby.Answer(l.life.ctx, c.exchange.message)
	if raw == nil {
		return cause.Answer(c.request)
	}
	l.mu.Lock()
	l.phase, l.conv, l.fellBack = phaseStandby, streamable.Conversation{}, true
	l.told = jsonrpc.Text(raw, "result", "protocolVersion")
	l.mu.Unlock()
	l.keepTrying()
	return raw
}

// standbyAnswer returns the standby's answer to m, nil where m is the server's: while
// the standby is in charge; later for its tool, which the client may still have in a
// list; and for lists that the server does not have but the standby had declared.
func (l *serverLink) standbyAnswer(ctx context.Context, m jsonrpc.Message) []byte {
	l.mu.Lock()
	phase, fellBack, granted := l.phase, l.fellBack, l.granted
	warm := phase == phaseStandby && l.warm.isOn()
	l.showsTool = l.showsTool || fellBack && phase == phaseStandby && !warm && m.Method == mcp.ListTools
	l.mu.Unlock()
	switch {
	case !fellBack || m.Batch != nil:
		return nil
	case l.standby.Owns(m):
		return l.status(ctx, m)
	case warm:
		return l.warm.answer(ctx, m)
	case phase == phaseStandby:
		return l.standby.Answer(ctx, m)
	case granted != nil && !declares(granted, m.Method):
		return jsonrpc.Result(m.ID, l.standby.EmptyList(m.Method))
	}
	return nil
}

// relistTimeout bounds the wait for a client to read the list of tools again once it
// was told that it has changed.
const relistTimeout = time.Second

// status answers a call of the standby's tool with the truth of this moment: it tries to
// reach the server, as any call does.
func (l *serverLink) status(ctx context.Context, m jsonrpc.Message) []byte {
	if generation, out := l.outOfReach(); out {
		_ = l.renew(ctx, generation) // the standby knows why not
	}
	l.mu.Lock()
	relisted := l.relisted
	l.mu.Unlock()
	if relisted == nil {
		return l.standby.Status(m, false)
	}
	timer := time.NewTimer(relistTimeout)
	defer timer.Stop()
	select {
	case <-relisted:
		return l.standby.Status(m, false)
	case <-timer.C:
	case <-ctx.Done():
	}
	return l.standby.Status(m, true)
}

// keepTool returns the first page of the tools, which the client has asked for, with the
// standby's in it where the session began with that: the model may have been told to
// use it.
func (l *serverLink) keepTool(ctx context.Context, c *call, answer jsonrpc.Message) jsonrpc.Message {
	if c.method != mcp.ListTools || c.exchange.era != "" || c.exchange.message.Batch != nil ||
		answer.Result == nil || jsonrpc.Value(c.request.Params, "cursor") != nil {
		return answer
	}
	l.mu.Lock()
	kept := l.showsTool
	if l.relisted != nil {
		close(l.relisted)
		l.relisted = nil
	}
	l.mu.Unlock()
	if !kept {
		return answer
	}
	with, err := jsonrpc.Parse(jsonrpc.Set(answer.Raw, l.standby.WithTool(ctx, answer.Result), "result"))
	if err != nil {
		return answer
	}
	l.sender.edits.note("ucbridge_status kept in tools/list", "the session began with it")
	return with
}

// ownsTool reports whether calls to a tool are the standby's to answer.
func (l *serverLink) ownsTool(tool string) bool {
	l.mu.Lock()
	fellBack := l.fellBack
	l.mu.Unlock()
	return fellBack && l.standby.OwnsTool(tool)
}

// declares reports whether an InitializeResult declares what a list method lists;
// true for any other method.
func declares(result []byte, method string) bool {
	list, ok := mcp.ListOf(method)
	return !ok || jsonrpc.Value(result, "capabilities", list.Capability) != nil
}

// reach connects to the server where the standby is in charge, and reports whether x
// can be sent.
func (l *serverLink) reach(x *exchange) bool {
	generation, out := l.outOfReach()
	if !out {
		return true
	}
	if err := l.renew(x.ctx, generation); err != nil {
		l.sender.inbound.fail(x, err)
		return false
	}
	return true
}

// outOfReach reports whether the standby is in charge, and since which session.
func (l *serverLink) outOfReach() (generation int, out bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.generation, l.phase == phaseStandby
}

const (
	// firstRetry and maxRetryWait bound the waits between tries to reach the
	// server while the standby answers.
	firstRetry   = 500 * time.Millisecond
	maxRetryWait = 3 * time.Second
	// maxFinalWait takes the place of maxRetryWait where a try is not free, as it
	// asks for a token, and only the user can change its outcome.
	maxFinalWait = time.Minute
)

// keepTrying reaches for the server until it is there. A call of the client tries
// at once, besides.
func (l *serverLink) keepTrying() {
	if !l.trying.CompareAndSwap(false, true) {
		return
	}
	l.life.background.run(func() {
		defer l.trying.Store(false)
		wait := firstRetry
		for {
			select {
			case <-time.After(wait/2 + rand.N(wait/2)):
			case <-l.life.ctx.Done():
				return
			}
			generation, out := l.outOfReach()
			if !out {
				return
			}
			longest := maxRetryWait
			if isFinal(l.renew(l.life.ctx, generation)) {
				longest = maxFinalWait
			}
			wait = min(2*wait, longest)
		}
	})
}
