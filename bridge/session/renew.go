package session

import (
	"context"

	"ucbridge/bridge/jsonrpc"
	"ucbridge/bridge/mcp"
	"ucbridge/bridge/refusal"
	"ucbridge/bridge/streamable"
)

// renewal is one try to begin a new session, shared by all who wait for it.
type renewal struct {
	done chan struct{}
	err  error
}

// renew begins a new session at the server in the client's stead: after the
// standby has answered its initialize, or after the session of the given
// generation was lost. Callers at the same time share one try; a caller whose
// generation is no longer the current one has nothing to wait for.
func (l *serverLink) renew(ctx context.Context, generation int) error {
	l.mu.Lock()
	if l.phase == phaseLive && l.generation != generation {
		l.mu.Unlock()
		return nil
	}
	try := l.connecting
	if try == nil {
		try = &renewal{done: make(chan struct{})}
		l.connecting = try
		l.life.background.run(func() {
			defer close(try.done)
			defer func() {
				l.mu.Lock()
				defer l.mu.Unlock()
				l.connecting = nil
			}()
			try.err = internalFault() // unless it gets further
			try.err = l.repeatHandshake()
		})
	}
	l.mu.Unlock()
	select {
	case <-try.done:
		return try.err
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// renewInBackground replaces a session whose loss showed outside of a call.
func (l *serverLink) renewInBackground(generation int) {
	l.life.background.run(func() {
		if err := l.renew(l.life.ctx, generation); err != nil {
			l.life.log.Warn("beginning a new session", "err", err)
		}
	})
}

// repeatHandshake sends the client's own initialize under an id of the bridge,
// tells the new session all that the old one knew, and only then lets requests
// use it.
func (l *serverLink) repeatHandshake() error {
	answer, x, err := l.sayHello()
	if err != nil {
		return err
	}
	defer x.cancel(errSettled)
	conv := conversationOf(answer, x)
	l.mu.Lock()
	known, wasLive, told, generation := l.setup.messages(), l.phase == phaseLive, l.told, l.generation
	l.mu.Unlock()
	if told != conv.Version {
		l.life.log.Warn("the new session speaks another protocol revision than the client was told", "client", told, "server", conv.Version)
	}
	l.sender.tell(conv, jsonrpc.Message{Method: mcp.Initialized, Raw: []byte(`{"jsonrpc":"2.0","method":"notifications/initialized"}`)})
	for _, raw := range known {
		l.retell(conv, raw)
	}
	if wasLive {
		l.sender.inbound.withdrawQuestions()
	}
	if !l.replace(generation, conv, answer.Result) { // the client has begun anew meanwhile
		l.sender.end(conv)
		return refusal.New(refusal.SessionSuperseded, "The client began a new session meanwhile.")
	}
	l.standby.Explain(nil)
	l.client.Renewed()
	remembered, served := l.warm.end()
	l.openStream().lead()
	if remembered == nil {
		l.announceLists(answer.Result, wasLive)
		return nil
	}
	l.life.background.run(func() { l.warm.compare(conv, remembered, answer.Result, served) })
	return nil
}

// replace puts a new session in the place of that of a generation, and reports
// whether that was still the one in use.
func (l *serverLink) replace(generation int, conv streamable.Conversation, result []byte) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.generation != generation {
		return false
	}
	l.phase, l.conv = phaseLive, conv
	l.generation++
	if l.fellBack {
		l.granted = result
	}
	if l.showsTool {
		l.expectRelist()
	}
	return true
}

// expectRelist notes that the client has a list of tools that may be out of date; l.mu is
// held.
func (l *serverLink) expectRelist() {
	if l.relisted == nil {
		l.relisted = make(chan struct{})
	}
}

// sayHello performs the handshake's first half and returns the server's answer.
func (l *serverLink) sayHello() (jsonrpc.Message, *exchange, error) {
	l.mu.Lock()
	hello := l.hello
	l.mu.Unlock()
	x, err := l.sender.private(hello.Raw)
	if err != nil {
		return jsonrpc.Message{}, nil, err
	}
	var result jsonrpc.Message
	var failure error
	c := x.calls[0]
	c.take = func(answer jsonrpc.Message) {
		if faulty := faultyHello(answer); faulty != nil {
			c.lost(faulty)
			return
		}
		l.note(c, answer)
		result = answer
		if answer.Result == nil {
			refused := detailed(refusal.New(refusal.InitializeRefused, "The MCP server refused the handshake."), jsonrpc.Text(answer.Error, "message"))
			failure = refused
			l.standby.Explain(refused)
		}
	}
	c.lost = func(cause *refusal.Error) {
		failure = cause
		l.standby.Explain(cause)
	}
	l.sender.await(x, func() error { return l.carry(x) })
	return result, x, failure
}

// retell repeats a request that had set up the lost session.
func (l *serverLink) retell(conv streamable.Conversation, raw []byte) {
	x, err := l.sender.private(raw)
	if err != nil {
		l.life.log.Warn("repeating a request in the new session", "err", err)
		return
	}
	defer x.cancel(errSettled)
	l.sender.await(x, func() error { return l.sender.attempt(x, conv) })
}

// announceLists tells the client to ask again for what may have changed: for
// every list after the standby, which had declared that it would, and after a
// lost session for those that the server declares.
func (l *serverLink) announceLists(result []byte, declared bool) {
	for _, list := range []string{"tools", "prompts", "resources"} {
		capability := jsonrpc.Value(result, "capabilities", list)
		if capability == nil || declared && string(jsonrpc.Value(capability, "listChanged")) != "true" {
			continue
		}
		l.client.Emit([]byte(`{"jsonrpc":"2.0","method":"notifications/` + list + `/list_changed"}`))
	}
}
