package terminal

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestConsole(t *testing.T) {
	t.Parallel()
	var out strings.Builder
	c := NewConsole(strings.NewReader(" first \nsecond\n"), &out)
	c.Status("a long status")
	c.Status("short\x1b[2J")
	err := c.Talk(func(d Dialogue) error {
		c.Status("not while a question is open")
		d.Say("hello\r")
		for _, want := range []string{"first", "second"} {
			if got, err := d.Ask(t.Context(), want+"?"); got != want || err != nil {
				t.Errorf("got %q, %v; want %q", got, err, want)
			}
		}
		_, err := d.Ask(t.Context(), "third?")
		return err
	})
	if !errors.Is(err, io.EOF) {
		t.Errorf("at the end of the input: %v", err)
	}
	want := "\ra long status\rshort\\u{1b}[2J\r              \rhello\\u{d}\nfirst? second? third? \n"
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestConsoleGivesUp(t *testing.T) {
	t.Parallel()
	in, typing := io.Pipe()
	defer typing.Close()
	ctx, cancel := context.WithCancelCause(t.Context())
	cause := errors.New("interrupted")
	cancel(cause)
	c := NewConsole(in, io.Discard)
	err := c.Talk(func(d Dialogue) error {
		_, err := d.Ask(ctx, "?")
		return err
	})
	if !errors.Is(err, cause) {
		t.Errorf("got %v", err)
	}
}
