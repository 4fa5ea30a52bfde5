package main

import (
	"fmt"
	"io"
	"os"

	"golang.org/x/term"
)

// progress is one line on a terminal that says what is going on, and nothing
// where stderr is not a terminal.
type progress struct{ w io.Writer }

func newProgress(w io.Writer) progress {
	if file, ok := w.(*os.File); ok && term.IsTerminal(int(file.Fd())) {
		return progress{w}
	}
	return progress{io.Discard}
}

// show replaces the line.
func (p progress) show(text string) { fmt.Fprintf(p.w, "\r\x1b[K%s ...", text) }

// clear takes the line away.
func (p progress) clear() { fmt.Fprint(p.w, "\r\x1b[K") }
