package endpoint

import (
	"bytes"
	"context"
	"net/http"
	"sync"

	"ucbridge/bridge/jsonrpc"
)

// sink is an answer, or a stream, that waits for messages.
type sink struct {
	messages chan message
	over     chan struct{}
	once     sync.Once
}

type message struct {
	raw   []byte
	final bool // the response
}

func newSink() *sink { return &sink{messages: make(chan message, 16), over: make(chan struct{})} }

// put adds a message. It blocks while the client does not read.
func (s *sink) put(raw []byte, final bool) {
	select {
	case s.messages <- message{raw, final}:
	case <-s.over:
	}
}

// end says that nobody reads any more.
func (s *sink) end() { s.once.Do(func() { close(s.over) }) }

// write writes the answer to a request: as JSON where the response comes first, else as an
// event stream. It reports whether the response was written.
func (s *sink) write(w http.ResponseWriter, ctx context.Context, takesEvents bool) bool {
	select {
	case m := <-s.messages:
		if m.final {
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(http.StatusOK)
			_, err := w.Write(m.raw)
			return err == nil
		}
		begin(w)
		return writeEvent(w, m.raw) && s.events(w, ctx)
	case <-ctx.Done():
	case <-s.over:
	}
	return false
}

// stream writes what comes as an event stream, until ctx is done.
func (s *sink) stream(w http.ResponseWriter, ctx context.Context) {
	begin(w)
	_ = http.NewResponseController(w).Flush() // the client is gone, which ctx tells
	s.events(w, ctx)
}

// events writes events up to the response, and reports whether it was written.
func (s *sink) events(w http.ResponseWriter, ctx context.Context) bool {
	for {
		select {
		case m := <-s.messages:
			if !writeEvent(w, m.raw) {
				return false
			}
			if m.final {
				return true
			}
		case <-ctx.Done():
			return false
		case <-s.over:
			return false
		}
	}
}

func begin(w http.ResponseWriter) {
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-cache")
	w.WriteHeader(http.StatusOK)
}

// writeEvent writes one message as an event, and reports whether it has gone out.
func writeEvent(w http.ResponseWriter, raw []byte) bool {
	line, _ := jsonrpc.OneLine(raw)
	event := bytes.Join([][]byte{[]byte("event: message\ndata: "), line, []byte("\n\n")}, nil)
	if _, err := w.Write(event); err != nil {
		return false
	}
	return http.NewResponseController(w).Flush() == nil
}
