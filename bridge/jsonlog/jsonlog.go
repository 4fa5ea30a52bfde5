// Package jsonlog is the log of a server that answers thousands of requests a second: it
// writes the lines of [slog.JSONHandler] for less than half of the CPU.
package jsonlog

import (
	"context"
	"io"
	"log/slog"
	"math"
	"strconv"
	"sync"
	"time"
)

const (
	// gatherTime is how long lines may wait for others to be written with. The first one
	// after as long a silence does not wait.
	gatherTime = 20 * time.Millisecond
	// maxGathered is how many bytes of lines wait at most.
	maxGathered = 64 << 10
)

// Handler writes what [slog.JSONHandler] does, byte by byte. Records below
// [slog.LevelWarn] of plain attributes are encoded by hand, and those that follow each
// other quickly are written together; all others, and those of a logger that With has
// made, are written at once, after what came before them. It is safe for concurrent use.
type Handler struct {
	*slog.JSONHandler
	lines *lines
}

// New returns a handler of records of at least that level. [Handler.Flush] has to be called
// at the end.
func New(w io.Writer, level slog.Leveler) *Handler {
	l := &lines{w: w}
	return &Handler{slog.NewJSONHandler(l, &slog.HandlerOptions{Level: level}), l}
}

// Handle implements [slog.Handler].
func (h *Handler) Handle(ctx context.Context, r slog.Record) error {
	if r.Level < slog.LevelWarn && h.lines.add(r) {
		return nil
	}
	return h.JSONHandler.Handle(ctx, r)
}

// Flush writes the lines that wait.
func (h *Handler) Flush() {
	h.lines.mu.Lock()
	defer h.lines.mu.Unlock()
	h.lines.flush()
}

// lines are lines on their way to w.
type lines struct {
	w io.Writer

	mu      sync.Mutex
	waiting []byte
	written time.Time   // the last time
	timer   *time.Timer // calls gathered, nil before the first line that waits
	armed   bool
}

// add adds the line of a record, or returns false where that has to be encoded with more care.
func (l *lines) add(r slog.Record) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	line, plain := appendRecord(l.waiting, r)
	if !plain {
		return false
	}
	l.waiting = line
	switch {
	case len(l.waiting) >= maxGathered, r.Time.Sub(l.written) >= gatherTime:
		l.flush()
	case l.armed:
	case l.timer == nil:
		l.timer, l.armed = time.AfterFunc(gatherTime, l.gathered), true
	default:
		l.timer.Reset(gatherTime)
		l.armed = true
	}
	return true
}

func (l *lines) gathered() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.armed = false
	l.flush()
}

// flush is called with the lock held. A line that cannot be written is lost, as with any
// logger.
func (l *lines) flush() {
	if len(l.waiting) > 0 {
		_, _ = l.w.Write(l.waiting)
		l.waiting, l.written = l.waiting[:0], time.Now()
	}
}

// Write implements [io.Writer], for the line of a record that is not plain.
func (l *lines) Write(line []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.flush()
	l.written = time.Now()
	return l.w.Write(line)
}

// appendRecord appends the line of a record, false where an attribute is not plain: a
// number, a truth value or a text of ASCII that needs no escape.
func appendRecord(b []byte, r slog.Record) ([]byte, bool) {
	if r.Time.IsZero() || !isPlain(r.Message) {
		return b, false
	}
	b = append(b, `{"time":"`...)
	b = r.Time.AppendFormat(b, time.RFC3339Nano)
	b = append(append(b, `","level":"`...), r.Level.String()...)
	b = append(append(append(b, `","msg":"`...), r.Message...), '"')
	plain := true
	r.Attrs(func(a slog.Attr) bool {
		if plain = a.Key != "" && isPlain(a.Key); plain {
			b = append(append(append(b, `,"`...), a.Key...), `":`...)
			b, plain = appendValue(b, a.Value)
		}
		return plain
	})
	return append(b, '}', '\n'), plain
}

func appendValue(b []byte, v slog.Value) ([]byte, bool) {
	switch v.Kind() {
	case slog.KindString:
		text := v.String()
		return append(append(append(b, '"'), text...), '"'), isPlain(text)
	case slog.KindInt64:
		return strconv.AppendInt(b, v.Int64(), 10), true
	case slog.KindFloat64:
		f := v.Float64()
		// What is very small or large, encoding/json writes with an exponent.
		return strconv.AppendFloat(b, f, 'f', -1, 64), f == 0 || math.Abs(f) >= 1e-6 && math.Abs(f) < 1e21
	case slog.KindBool:
		return strconv.AppendBool(b, v.Bool()), true
	}
	return b, false
}

// isPlain reports whether a text stands in JSON as it is.
func isPlain(text string) bool {
	for i := range len(text) {
		if c := text[i]; c < ' ' || c > '~' || c == '"' || c == '\\' {
			return false
		}
	}
	return true
}
