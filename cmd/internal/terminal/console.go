package terminal

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"unicode/utf8"

	"golang.org/x/term"
)

// Is reports whether a stream is a terminal.
func Is(stream any) bool {
	file, ok := stream.(*os.File)
	return ok && term.IsTerminal(int(file.Fd()))
}

// narrowest is the width below which lines are broken as if there were more room.
const narrowest = 40

// Width is how many characters a line of a stream holds, 0 where it is no terminal
// or does not say.
func Width(stream any) int {
	file, ok := stream.(*os.File)
	if !ok {
		return 0
	}
	width, _, err := term.GetSize(int(file.Fd()))
	if err != nil || width <= 0 {
		return 0
	}
	return max(width, narrowest)
}

// Console is the person at the terminal: asked on one stream, answering on the
// other. It is safe for concurrent use.
type Console struct {
	out   io.Writer
	width int
	lines func() <-chan string

	mu    sync.Mutex // held while the person is being asked
	shown int        // characters of the status line there is
}

// NewConsole returns a console that reads from in when it asks for the first time.
func NewConsole(in io.Reader, out io.Writer) *Console {
	return &Console{out: out, width: Width(out), lines: sync.OnceValue(func() <-chan string { return lines(in) })}
}

// lines reads line by line, ahead of whoever asks: a read from a terminal cannot
// be ended, and must not swallow the next answer.
func lines(in io.Reader) <-chan string {
	all := make(chan string)
	go func() {
		defer close(all)
		for s := bufio.NewScanner(in); s.Scan(); {
			all <- s.Text()
		}
	}()
	return all
}

// Status shows one line that the next one replaces; "" takes it away. While the
// person is being asked nothing is shown.
func (c *Console) Status(text string) {
	if c.mu.TryLock() {
		defer c.mu.Unlock()
		c.status(text)
	}
}

func (c *Console) status(text string) {
	text = Cut(Line(text), c.width-1)
	size := utf8.RuneCountInString(text)
	if text == "" && c.shown == 0 {
		return
	}
	// Blanks and not an escape sequence: every terminal knows them.
	fmt.Fprintf(c.out, "\r%s%s", text, strings.Repeat(" ", max(0, c.shown-size)))
	if text == "" {
		fmt.Fprint(c.out, "\r")
	}
	c.shown = size
}

// Talk has a dialogue with the person, one at a time.
func (c *Console) Talk(dialogue func(Dialogue) error) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.status("")
	return dialogue(Dialogue{c})
}

// Dialogue is the right to speak to the person.
type Dialogue struct{ c *Console }

// Say prints text, cleaned, on lines of its own.
func (d Dialogue) Say(format string, args ...any) {
	fmt.Fprint(d.c.out, Wrap(Clean(fmt.Sprintf(format, args...)), "", d.c.width))
}

// Ask prints a prompt and returns the line typed, without white space around it.
// It returns io.EOF where the person has closed the input (Ctrl-D), and the cause
// of ctx when it ends.
func (d Dialogue) Ask(ctx context.Context, prompt string) (string, error) {
	fmt.Fprint(d.c.out, Line(prompt)+" ")
	select {
	case line, ok := <-d.c.lines():
		if !ok {
			fmt.Fprintln(d.c.out)
			return "", io.EOF
		}
		return strings.TrimSpace(line), nil
	case <-ctx.Done():
		fmt.Fprintln(d.c.out)
		return "", context.Cause(ctx)
	}
}
