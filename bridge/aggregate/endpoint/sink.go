package endpoint

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"sync"

	"ucbridge/bridge/jsonrpc"
)

// sink is an answer, or a stream, that waits for messages.
type sink struct {
	messages chan message
	over     chan struct{}
	once     sync.Once
	putting  sync.RWMutex // held for reading while a message is put
	unsent   []message    // what could not be written; the reader's own
}

type message struct {
	raw     []byte
	private bool // it is about the request that is answered here, and about no other
	final   bool // the response
}

func newSink() *sink { return &sink{messages: make(chan message, 16), over: make(chan struct{})} }

// put adds a message, and reports whether it was taken: not after the end. It blocks while
// the client does not read.
func (s *sink) put(m message) bool {
	s.putting.RLock()
	defer s.putting.RUnlock()
	select {
	case <-s.over:
		return false
	default:
	}
	select {
	case s.messages <- m:
		return true
	case <-s.over:
		return false
	}
}

// end says that nobody reads any more.
func (s *sink) end() { s.once.Do(func() { close(s.over) }) }

// rest ends the sink and returns the messages that were not written. It is for whoever
// was the reader.
func (s *sink) rest() []message {
	s.end()
	s.putting.Lock()
	defer s.putting.Unlock()
	for {
		select {
		case m := <-s.messages:
			s.unsent = append(s.unsent, m)
		default:
			return s.unsent
		}
	}
}

// write writes the answer to a request: as JSON where the response comes first, else as an
// event stream. It reports whether the response was written.
func (s *sink) write(w http.ResponseWriter, ctx context.Context) bool {
	select {
	case m := <-s.messages:
		if m.final {
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(http.StatusOK)
			_, err := w.Write(m.raw)
			return err == nil
		}
		begin(w)
		return s.event(w, m) && s.events(w, ctx, 1)
	case <-ctx.Done():
	case <-s.over:
	}
	return false
}

// writeBatch writes the responses to an array of requests: each as an event, or all as an
// array where the client takes no events (2025-03-26, Transports, "Sending Messages").
func (s *sink) writeBatch(w http.ResponseWriter, ctx context.Context, responses int, takesEvents bool) {
	if takesEvents {
		begin(w)
		s.events(w, ctx, responses)
		return
	}
	var all [][]byte
	for len(all) < responses {
		select {
		case m := <-s.messages: // nothing but responses comes to such a client
			all = append(all, m.raw)
		case <-ctx.Done():
			return
		case <-s.over:
			return
		}
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusOK)
	_, _ = fmt.Fprintf(w, "[%s]", bytes.Join(all, []byte(","))) // the caller is gone, and needs no answer
}

// stream writes what comes as an event stream, until ctx is done.
func (s *sink) stream(w http.ResponseWriter, ctx context.Context) {
	begin(w)
	_ = http.NewResponseController(w).Flush() // the client is gone, which ctx tells
	s.events(w, ctx, 1)
}

// events writes events up to the last of as many responses, and reports whether it was
// written.
func (s *sink) events(w http.ResponseWriter, ctx context.Context, responses int) bool {
	for {
		select {
		case m := <-s.messages:
			if !s.event(w, m) {
				return false
			}
			if m.final {
				responses--
			}
			if responses == 0 {
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

// event writes one message as an event, and reports whether it has gone out.
func (s *sink) event(w http.ResponseWriter, m message) bool {
	line, _ := jsonrpc.OneLine(m.raw)
	event := bytes.Join([][]byte{[]byte("event: message\ndata: "), line, []byte("\n\n")}, nil)
	if _, err := w.Write(event); err != nil || http.NewResponseController(w).Flush() != nil {
		s.unsent = append(s.unsent, m)
		return false
	}
	return true
}
