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

// Print prints one result for a person, on lines of at most width characters;
// hints are never broken, as they are pasted.
func (r Result) Print(w io.Writer, width int) {
	indent := strings.Repeat(" ", column)
	detail := terminal.Wrap(terminal.Line(r.Detail), indent, width)
	fmt.Fprintf(w, "%s %-*s%s", marks[r.Status], column-2, r.ID, detail[min(column, len(detail)):])
	if r.Hint != "" {
		hint := strings.ReplaceAll(terminal.Clean(strings.TrimSpace(r.Hint)), "\n", "\n"+indent)
		fmt.Fprintf(w, "%snext: %s\n", indent, hint)
	}
}

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
