package bridge

import (
	"fmt"
	"strings"
	"time"

	"ucbridge/bridge/jsonrpc"
	"ucbridge/bridge/record"
)

// recorded is a conversation that is written to a file.
type recorded struct {
	conversation
	to  *record.Recorder
	end func()
}

// record returns what the client hears by and the conversation with it, both as they are
// where nothing is to be recorded.
func (b *Bridge) record(to listener) (heard listener, wrap func(conversation) conversation, err error) {
	name := b.cfg.Record.Value
	if name == "" {
		return to, func(c conversation) conversation { return c }, nil
	}
	recorder, err := record.Open(name, b.version, strings.Join(PolicyTarget(b.cfg).Names, " "))
	if err != nil {
		return listener{}, nil, err
	}
	end := func() {
		masked, err := recorder.Close()
		if err != nil {
			b.log.Error("the record is not whole", "file", name, "error", err)
			return
		}
		b.log.Warn(fmt.Sprintf("the session is recorded in %s; only what looks like a secret is masked", name), "masked", masked)
	}
	heard.emit = func(raw []byte) {
		recorder.Note(record.Server, raw)
		to.emit(raw)
	}
	heard.deliver = func(m jsonrpc.Message) {
		recorder.Note(record.Server, m.Raw)
		to.deliver(m)
	}
	return heard, func(c conversation) conversation { return recorded{c, recorder, end} }, nil
}

// Handle takes the client's next message.
func (r recorded) Handle(m jsonrpc.Message) {
	r.to.Note(record.Client, m.Raw)
	r.conversation.Handle(m)
}

// Close ends the conversation and its record.
func (r recorded) Close(drain time.Duration) {
	r.conversation.Close(drain)
	r.end()
}
