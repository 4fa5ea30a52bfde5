// Package throttle keeps a log readable, and small, where a server causes the same
// warning again and again.
package throttle

import (
	"context"
	"log/slog"
	"sync"
	"time"
)

const (
	// interval is the time in which a message may be logged [most] times.
	interval = time.Minute
	most     = 20
	// maxMessages is how many different messages are counted. They are words of ours, few
	// of which differ each time.
	maxMessages = 200
)

// Handler hands records on. Of warnings and errors with the same message it hands on 20
// a minute; the next one after that minute says in "suppressed" how many were left out.
// It is safe for concurrent use where the handler behind it is.
type Handler struct {
	slog.Handler
	counts *counts
}

// New returns a handler in front of next.
func New(next slog.Handler) Handler {
	return Handler{next, &counts{messages: make(map[string]*count)}}
}

// Handle implements [slog.Handler].
func (h Handler) Handle(ctx context.Context, r slog.Record) error {
	if r.Level >= slog.LevelWarn {
		pass, suppressed := h.counts.add(r.Message, r.Time)
		if !pass {
			return nil
		}
		if suppressed > 0 {
			r = r.Clone()
			r.AddAttrs(slog.Int("suppressed", suppressed))
		}
	}
	return h.Handler.Handle(ctx, r)
}

// WithAttrs implements [slog.Handler].
func (h Handler) WithAttrs(attrs []slog.Attr) slog.Handler {
	return Handler{h.Handler.WithAttrs(attrs), h.counts}
}

// WithGroup implements [slog.Handler].
func (h Handler) WithGroup(name string) slog.Handler {
	return Handler{h.Handler.WithGroup(name), h.counts}
}

// counts are those of all messages.
type counts struct {
	mu       sync.Mutex
	messages map[string]*count
}

// count is how often a message came since a time.
type count struct {
	since time.Time
	n     int
}

// add counts a message. It returns whether it may pass, and how many before it did not.
func (c *counts) add(message string, now time.Time) (pass bool, suppressed int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	m := c.messages[message]
	switch {
	case m == nil && len(c.messages) >= maxMessages:
		clear(c.messages)
		fallthrough
	case m == nil:
		c.messages[message] = &count{now, 1}
		return true, 0
	case now.Sub(m.since) >= interval:
		suppressed = max(0, m.n-most)
		*m = count{now, 1}
		return true, suppressed
	}
	m.n++
	return m.n <= most, 0
}
