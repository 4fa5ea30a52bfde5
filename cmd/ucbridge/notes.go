package main

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"slices"
	"strings"
	"sync"

	"ucbridge/bridge/refusal"
)

// notes is the log of a command that a person runs: what is wrong is kept, and shown
// between the parts of the output, in the way of other warnings, each once. It is safe for
// concurrent use.
type notes struct {
	mu    sync.Mutex
	shown map[note]bool
	kept  []note
}

// note is a warning, and what to do.
type note struct{ text, hint string }

// flush shows what has been kept since the last time.
func (n *notes) flush(w io.Writer) {
	n.mu.Lock()
	kept := n.kept
	n.kept = nil
	n.mu.Unlock()
	for i, one := range kept {
		printLine(w, "warning", one.text)
		if last := i == len(kept)-1 || kept[i+1].hint != one.hint; one.hint != "" && last {
			printLine(w, "hint", "see: "+one.hint)
		}
	}
}

func (n *notes) add(one note) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.shown == nil {
		n.shown = make(map[note]bool)
	}
	if !n.shown[one] {
		n.shown[one] = true
		n.kept = append(n.kept, one)
	}
}

// notesLog is notes as a [slog.Handler], with attributes of the logger.
type notesLog struct {
	*notes
	attrs []slog.Attr
}

// Enabled implements [slog.Handler].
func (notesLog) Enabled(_ context.Context, level slog.Level) bool { return level >= slog.LevelWarn }

// WithAttrs implements [slog.Handler].
func (l notesLog) WithAttrs(attrs []slog.Attr) slog.Handler {
	return notesLog{l.notes, slices.Concat(l.attrs, attrs)}
}

// WithGroup implements [slog.Handler]. A group has no place in a sentence.
func (l notesLog) WithGroup(string) slog.Handler { return l }

// Handle implements [slog.Handler]: "a list is not whole: github, tools/list", and for "see"
// a hint. A refusal is left out: the command ends with it, or tells it beside its output.
func (l notesLog) Handle(_ context.Context, r slog.Record) error {
	one := note{text: r.Message}
	var values []string
	refused := false
	each := func(a slog.Attr) bool {
		if err, ok := a.Value.Any().(error); ok {
			_, is := errors.AsType[*refusal.Error](err)
			refused = refused || is
		}
		switch value := refusal.Quote(a.Value.Resolve().String()); {
		case a.Key == "see":
			one.hint = value
		case a.Key != "stack" && value != "":
			values = append(values, value)
		}
		return true
	}
	for _, a := range l.attrs {
		each(a)
	}
	r.Attrs(each)
	if refused {
		return nil
	}
	if len(values) > 0 {
		one.text += ": " + strings.Join(values, ", ")
	}
	l.add(one)
	return nil
}
