package main

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"testing"

	"ucbridge/bridge/refusal"
)

// TestNotes: what a bridge warns of reaches a person in words, once, with what to do.
func TestNotes(t *testing.T) {
	t.Parallel()
	kept := new(notes)
	log := slog.New(notesLog{notes: kept})
	pins := log.With("see", "ucbridge policy diff github")
	log.Info("not wrong")
	pins.Warn("a definition has changed", "what", "tool a")
	pins.Warn("a definition has changed", "what", "tool b\x1b[31m")
	pins.Warn("a definition has changed", "what", "tool a")
	log.Error("a fault of ucbridge", "fault", errors.New("nil"), "stack", "goroutine 1")
	log.Warn("server unreachable", "err", fmt.Errorf("connecting: %w", refusal.New(refusal.UpstreamUnreachable, "It is gone.")))
	var out bytes.Buffer
	kept.flush(&out)
	pins.Warn("a definition has changed", "what", "tool b\x1b[31m")
	kept.flush(&out)
	want := "ucbridge: warning: a definition has changed: tool a\n" +
		"ucbridge: warning: a definition has changed: tool b[31m\n" +
		"ucbridge: hint: see: ucbridge policy diff github\n" +
		"ucbridge: warning: a fault of ucbridge: nil\n"
	if out.String() != want {
		t.Errorf("got\n%s\nwant\n%s", out.String(), want)
	}
}
