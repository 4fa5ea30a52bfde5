package throttle

import (
	"bytes"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// The same warning comes 20 times a minute, whoever logs it, then it says how many were
// left out; other messages, and lower levels, all come.
func TestHandler(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		log := slog.New(New(slog.NewTextHandler(&out, nil)))
		for i := range 60 {
			log.With("server", i).Warn("a stray answer")
			log.WithGroup("g").Error("a stray answer", "i", i)
			log.Info("a request")
		}
		log.Warn("another")
		for text, want := range map[string]int{"stray": most, "request": 60, "another": 1, "suppressed": 0} {
			if got := strings.Count(out.String(), text); got != want {
				t.Errorf("%q is there %d times, want %d", text, got, want)
			}
		}
		out.Reset()
		time.Sleep(interval)
		log.Warn("a stray answer")
		log.Warn("a stray answer")
		if got := out.String(); strings.Count(got, "stray") != 2 || strings.Count(got, "suppressed=100") != 1 {
			t.Errorf("a minute later:\n%s", got)
		}
	})
}

// What is remembered has a limit, and nothing is lost at it.
func TestManyMessages(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	h := New(slog.NewTextHandler(&out, nil))
	log := slog.New(h)
	for i := range 3 * maxMessages {
		log.Warn(fmt.Sprintf("message %d", i))
	}
	if got := strings.Count(out.String(), "message"); got != 3*maxMessages || len(h.counts.messages) > maxMessages {
		t.Errorf("%d came, %d are remembered", got, len(h.counts.messages))
	}
}
