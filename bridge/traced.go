package bridge

import (
	"context"
	"time"

	"ucbridge/bridge/jsonrpc"
	"ucbridge/bridge/streamable"
	"ucbridge/bridge/telemetry"
)

// traced is a conversation whose requests OpenTelemetry is told of.
type traced struct {
	conversation
	telling *telemetry.Conversation
	tracer  *telemetry.Tracer
}

// trace returns what the client hears by and the conversation with it, both as they are
// where no variable asks for traces.
func (b *Bridge) trace(to listener) (heard listener, wrap func(conversation) conversation) {
	asIs := func(c conversation) conversation { return c }
	tracer := telemetry.Open(b.version, b.log)
	if !tracer.On() {
		return to, asIs
	}
	telling := telemetry.NewConversation(tracer)
	heard.emit = func(raw []byte) {
		if m, err := streamable.Parse(raw); err == nil {
			telling.Said(m)
		}
		to.emit(raw)
	}
	heard.deliver = func(m jsonrpc.Message) {
		telling.Said(m)
		to.deliver(m)
	}
	return heard, func(c conversation) conversation { return traced{c, telling, tracer} }
}

// Handle takes the client's next message.
func (t traced) Handle(m jsonrpc.Message) { t.conversation.Handle(t.telling.Heard(m)) }

// Close ends the conversation, and delivers the last spans.
func (t traced) Close(drain time.Duration) {
	t.conversation.Close(drain)
	t.telling.Close()
	ctx, cancel := context.WithTimeout(context.Background(), lastSpans)
	defer cancel()
	_ = t.tracer.Close(ctx) // its errors are logged by the tracer's own handler
}

// lastSpans is how long the last spans of stdio may take to be delivered. The client
// sends SIGTERM two seconds after it has closed stdin.
const lastSpans = 300 * time.Millisecond
