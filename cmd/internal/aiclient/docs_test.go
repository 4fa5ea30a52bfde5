package aiclient

import (
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"ucbridge/cmd/internal/document"
)

// TestDocumentation holds the table of docs/clients.md to the table in the code.
func TestDocumentation(t *testing.T) {
	t.Parallel()
	path := filepath.Join("..", "..", "..", "docs", "clients.md")
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	const begin, end = "<!-- begin clients -->\n", "<!-- end clients -->\n"
	head, rest, ok := strings.Cut(string(text), begin)
	_, tail, ok2 := strings.Cut(rest, end)
	if !ok || !ok2 {
		t.Fatalf("%s has no place for the table", path)
	}
	golden(t, path, head+begin+table()+end+tail)
}

func table() string {
	var b strings.Builder
	b.WriteString("| client | name | release | settings on Linux | in a project | rejects in its file | expands in values | environment passed on |\n|---|---|---|---|---|---|---|---|\n")
	s := machine("linux", nil)
	for _, c := range Clients {
		name := "`" + c.Name + "`"
		for _, alias := range c.aliases {
			name += ", `" + alias + "`"
		}
		file := "`" + strings.Replace(c.File(s, User).Path, s.Home, "~", 1) + "`"
		project := "-"
		if c.project != "" {
			project = "`" + c.project + "`"
		}
		facts := []string{refused(c), replaced(c.substitutes), passed(c.environment)}
		for i, unknown := range []bool{c.refuses == 0, c.substitutes == 0, len(c.environment.only) == 0} {
			if c.seen == "" && unknown {
				facts[i] = "not known"
			}
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %s | %s |\n", c.Title, name, cmp.Or(c.seen, "-"), file, project, strings.Join(facts, " | "))
	}
	return b.String()
}

func refused(c Client) string {
	var words []string
	for _, e := range []document.Extension{document.ByteOrderMark, document.Comments, document.TrailingCommas} {
		if c.refuses&e != 0 {
			words = append(words, e.String())
		}
	}
	return cmp.Or(strings.Join(words, ", "), "-")
}

func replaced(s substitution) string {
	var words []string
	for _, form := range []struct {
		kind substitution
		text string
	}{{dollarName, "`$NAME`"}, {dollarBraces, "`${NAME}`"}, {braces, "`{env:NAME}`, `{file:NAME}`"}} {
		if s&form.kind != 0 {
			words = append(words, form.text)
		}
	}
	return cmp.Or(strings.Join(words, ", "), "-")
}

func passed(e environment) string {
	switch {
	case e.byName:
		return "few, and those that are named"
	case len(e.only) > 0:
		return "few"
	case len(e.hide) > 0:
		return "all but names with " + strings.Join(e.hide, ", ")
	}
	return "all"
}
