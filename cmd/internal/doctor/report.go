package doctor

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"ucbridge/cmd/internal/terminal"
)

// marks stand before what was found.
var marks = map[Status]string{OK: "✓", Failed: "✗", Skipped: "–"}

// column is where the words begin, after mark and name.
const column = len("  configuration  ")

// Printer prints results for a person, on lines of at most Width characters; hints
// are never broken, as they are pasted.
type Printer struct {
	W     io.Writer
	Width int
	// All prints a line for each result. Otherwise some share one: routine checks
	// that found nothing wrong, at the end, and neighbours that the same failure left
	// unchecked.
	All bool
	// Colours marks what is well and what is not in colour.
	Colours bool

	target    string   // whose heading was printed last
	passed    []string // routine checks, for the last line
	unchecked []string // neighbours that the failure of cause left unchecked
	cause     string
	failed    bool   // one of the results
	advice    string // for the end, where none has failed
}

// Print prints the next result, or keeps it for a line with others. Each of several
// targets has a heading.
func (p *Printer) Print(r Result) {
	if r.Target != p.target {
		p.flush()
		fmt.Fprintf(p.W, "%s:\n", terminal.Line(r.Target))
		p.target = r.Target
	}
	p.failed = p.failed || r.Status == Failed
	if r.onceWell {
		p.advice, r.Hint = r.Hint, ""
	}
	if p.All {
		p.line(r.Status, r.ID, r.Detail, r.Hint)
		return
	}
	if len(p.unchecked) > 0 && p.cause != r.cause {
		p.flushUnchecked()
	}
	switch {
	case r.Status == OK && r.routine && !r.news && r.Hint == "":
		p.passed = append(p.passed, r.ID)
	case r.Status == Skipped && r.cause != "":
		p.unchecked, p.cause = append(p.unchecked, r.ID), r.cause
	default:
		p.line(r.Status, r.ID, r.Detail, r.Hint)
	}
}

// Close prints what is left to say after the last result.
func (p *Printer) Close() {
	p.flush()
	if p.advice != "" && !p.failed {
		p.next(p.advice)
	}
}

// flush prints the lines that Print has kept.
func (p *Printer) flush() {
	p.flushUnchecked()
	if len(p.passed) > 0 {
		p.line(OK, "passed", strings.Join(p.passed, ", "), "")
		p.passed = nil
	}
}

func (p *Printer) flushUnchecked() {
	if len(p.unchecked) > 0 {
		p.line(Skipped, "not checked", fmt.Sprintf("%s: %s failed", strings.Join(p.unchecked, ", "), p.cause), "")
		p.unchecked = nil
	}
}

func (p *Printer) line(status Status, name, detail, hint string) {
	indent := strings.Repeat(" ", column)
	detail = terminal.Wrap(terminal.Line(detail), indent, p.Width)
	mark := marks[status]
	if colour := colours[status]; p.Colours && colour != "" {
		mark = colour + mark + "\x1b[0m"
	}
	fmt.Fprintf(p.W, "%s %-*s%s", mark, column-2, name, detail[min(column, len(detail)):])
	if hint != "" {
		p.next(hint)
	}
}

// next prints a hint, under the line before it.
func (p *Printer) next(hint string) {
	indent := strings.Repeat(" ", column)
	hint = strings.ReplaceAll(terminal.Clean(strings.TrimSpace(hint)), "\n", "\n"+indent)
	fmt.Fprintf(p.W, "%snext: %s\n", indent, hint)
}

// colours are those of the marks on a terminal (ECMA-48, SGR).
var colours = map[Status]string{OK: "\x1b[32m", Failed: "\x1b[31m"}

// Report is all that was found, for programs.
type Report struct {
	Version string   `json:"version"`
	Well    bool     `json:"well"`
	Checks  []Result `json:"checks"`
}

// Print prints the report as JSON.
func (r Report) Print(w io.Writer) error {
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	return encoder.Encode(r)
}
