package telemetry

import (
	"sync"
	"time"

	"ucbridge/bridge/jsonrpc"
	"ucbridge/bridge/mcp"
)

// Conversation tells of the requests of one stdio client. Its methods may be called
// concurrently.
type Conversation struct {
	tracer *Tracer

	mu       sync.Mutex
	open     map[string]underway // by id
	revision string
}

// underway is a request that has no response yet.
type underway struct {
	operation *Operation
	message   jsonrpc.Message
}

// maxOpen is how many requests are told of at once. More get no spans.
const maxOpen = 10_000

// NewConversation returns the conversation of a new client.
func NewConversation(t *Tracer) *Conversation {
	return &Conversation{tracer: t, open: make(map[string]underway)}
}

// Heard begins the operation of the client's message, and returns the message as it goes
// on, with the trace in it.
func (c *Conversation) Heard(m jsonrpc.Message) jsonrpc.Message {
	if m.Batch != nil || m.Method == "" || m.ID == nil {
		return m
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if m.Method == mcp.Initialize {
		c.revision = jsonrpc.Text(m.Params, "protocolVersion")
	}
	if _, taken := c.open[string(m.ID)]; taken || len(c.open) >= maxOpen {
		return m // of two requests of one id, it could not be told which is answered
	}
	o := Arrived(nil)
	o.Begin(c.tracer, m, m.Method, time.Now())
	c.open[string(m.ID)] = underway{&o, m}
	given, err := jsonrpc.Parse(o.Given(m.Raw))
	if err != nil { // it was a message before, and is one with a member more
		panic(err)
	}
	return given
}

// Said ends the operation that a message to the client answers.
func (c *Conversation) Said(m jsonrpc.Message) {
	for _, one := range mcp.Messages(m) {
		if one.Method != "" || one.ID == nil {
			continue
		}
		c.mu.Lock()
		u, ok := c.open[string(one.ID)]
		delete(c.open, string(one.ID))
		if ok && u.message.Method == mcp.Initialize && one.Error == nil {
			c.revision = jsonrpc.Text(one.Result, "protocolVersion")
		}
		about := About{Transport: "pipe", Revision: c.revision}
		c.mu.Unlock()
		if ok {
			about.Failure, about.Code = Outcome(one)
			u.operation.End(u.message, about)
		}
	}
}

// Close ends the operations that got no response.
func (c *Conversation) Close() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for id, u := range c.open {
		delete(c.open, id)
		u.operation.End(u.message, About{Transport: "pipe", Revision: c.revision, Failure: "cancelled"})
	}
}
