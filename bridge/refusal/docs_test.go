package refusal

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "rewrite the table in docs/faults.md")

// TestDocumented holds the table of reasons in docs/faults.md to the table here.
func TestDocumented(t *testing.T) {
	t.Parallel()
	const page, begin, end = "../../docs/faults.md", "<!-- reasons -->\n", "<!-- end of reasons -->\n"
	again := map[Execution]string{NotRun: "no", Undelivered: "yes", MayHaveRun: "check first"}
	var table strings.Builder
	table.WriteString("| reason | what happened | HTTP | repeat a call |\n|---|---|---|---|\n")
	for _, r := range Reasons() {
		repeat := again[r.Execution()]
		if r.Execution() == Undelivered && !r.Retryable() || r.Execution() == NotRun && r.Retryable() {
			repeat = "later"
		}
		fmt.Fprintf(&table, "| `%s` | %s | %d | %s |\n", r, r.Text(), r.Status(), repeat)
	}
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, found := strings.Cut(string(text), begin)
	old, after, closed := strings.Cut(rest, end)
	if !found || !closed {
		t.Fatalf("%s has no table between %q and %q", page, begin, end)
	}
	if old == table.String() {
		return
	}
	if !*update {
		t.Fatalf("the table of reasons in %s is out of date: rewrite it with make golden", page)
	}
	if err := os.WriteFile(page, []byte(before+begin+table.String()+end+after), 0o666); err != nil {
		t.Fatal(err)
	}
}
