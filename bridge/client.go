package bridge

import (
	"ucbridge/bridge/govern"
	"ucbridge/bridge/jsonrpc"
	"ucbridge/bridge/refusal"
	"ucbridge/bridge/session"
	"ucbridge/bridge/streamable"
)

// listener is whom the messages for a client go to.
type listener struct {
	emit func(raw []byte)
	// deliver is emit for a message that was read already.
	deliver func(m jsonrpc.Message)
}

// plainClient is a client that gets to see what the server says.
type plainClient struct {
	listener
	// keeps says that the listener may keep what it hears of the answer to a call.
	keeps bool
	// giveUp, if set, is told why the server cannot be reached, in place of the
	// standby's answer; server names it where it is one of several.
	giveUp func(server string, cause *refusal.Error)
	server string
}

func (c plainClient) Emit(raw []byte)                          { c.emit(raw) }
func (c plainClient) Reject(raw []byte)                        { c.emit(raw) }
func (c plainClient) Traced(jsonrpc.Message, streamable.Trace) {}
func (c plainClient) Ended(jsonrpc.Message)                    {}
func (c plainClient) Renewed()                                 {}

func (c plainClient) Deliver(m jsonrpc.Message) (spent bool) {
	c.deliver(m)
	return !c.keeps
}

// about is Emit for what is about a request of the client, nil where that is not known.
func (c plainClient) about(raw []byte, within jsonrpc.ID) {
	if within == nil {
		c.emit(raw)
		return
	}
	m, err := jsonrpc.Parse(raw)
	if err != nil { // whoever reads it says what is wrong
		c.emit(raw)
		return
	}
	m.Within = within
	c.deliver(m)
}

func (c plainClient) Unreachable(cause *refusal.Error) bool {
	if c.giveUp == nil {
		return false
	}
	c.giveUp(c.server, cause)
	return true
}

// governedClient is a client behind a gate, which decides what it gets to see.
type governedClient struct {
	plainClient
	gate  *govern.Gate
	tools *govern.Tools
}

func (c governedClient) Emit(raw []byte)         { c.gate.Emit(raw) }
func (c governedClient) Ended(m jsonrpc.Message) { c.gate.Ended(m) }
func (c governedClient) Renewed()                { c.tools.Expire() }

func (c governedClient) Deliver(m jsonrpc.Message) (spent bool) {
	c.gate.Deliver(m)
	return !c.keeps
}

func (c governedClient) Traced(m jsonrpc.Message, t streamable.Trace) {
	c.gate.Traced(m, govern.Trace(t))
}

var _, _ session.Client = plainClient{}, governedClient{}
