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
func (b *Bridge) record(emit func([]byte)) (heard func([]byte), wrap func(conversation) conversation, err error) {
	name := b.cfg.Record.Value
	if name == "" {
		return emit, func(c conversation) conversation { return c }, nil
	}
	to, err := record.Open(name, b.version, strings.Join(PolicyTarget(b.cfg).Names, " "))
	if err != nil {
		return nil, nil, err
	}
	end := func() {
		masked, err := to.Close()
		if err != nil {
			b.log.Error("the record is not whole", "file", name, "error", err)
			return
		}
		b.log.Warn(fmt.Sprintf("the session is recorded in %s; only what looks like a secret is masked", name), "masked", masked)
	}
	heard = func(raw []byte) {
		to.Note(record.Server, raw)
		emit(raw)
	}
	return heard, func(c conversation) conversation { return recorded{c, to, end} }, nil
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
