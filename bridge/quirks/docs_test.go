package quirks

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "rewrite the table in docs/protocol.md")

// TestDocumentation holds the table of docs/protocol.md to the one in the code.
func TestDocumentation(t *testing.T) {
	t.Parallel()
	path := filepath.Join("..", "..", "docs", "protocol.md")
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	const begin, end = "<!-- begin quirks -->\n", "<!-- end quirks -->\n"
	head, rest, ok := strings.Cut(string(text), begin)
	_, tail, ok2 := strings.Cut(rest, end)
	if !ok || !ok2 {
		t.Fatalf("%s has no place for the table", path)
	}
	want := head + begin + documented() + end + tail
	if want == string(text) {
		return
	}
	if !*update {
		t.Fatalf("%s is not as the table has it: make golden", path)
	}
	if err := os.WriteFile(path, []byte(want), 0o644); err != nil {
		t.Fatal(err)
	}
}

func documented() string {
	var b strings.Builder
	b.WriteString("| client, as run | name in its first message | what is done for it |\n|---|---|---|\n")
	for _, r := range table {
		var done []string
		for _, c := range []struct {
			quirk bool
			words string
		}{
			{r.FirstPageOnly, "pages joined"},
			{r.TextOnly, "text added"},
			{r.ReadsText, "empty object added"},
			{r.StructuredAlone, "structured content as text where more stands beside it"},
			{r.WordsAndPictures, "links, sounds and files named in text"},
			{r.Spelling != Spelling{}, "tools renamed that it would mix up"},
			{r.LateCancels, "late cancellations dropped"},
			{r.KeepsLists, "at a start from remembered answers, its lists wait 1.5 s for the server"},
			{r.DeclinesLinks, "sign-in link as text, not as an elicitation"},
		} {
			if c.quirk {
				done = append(done, c.words)
			}
		}
		b.WriteString("| " + r.seen + " | `" + r.name + "` | " + strings.Join(done, "; ") + " |\n")
	}
	return b.String()
}
