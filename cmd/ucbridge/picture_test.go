package main

import (
	"bytes"
	"fmt"
	"html"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// pictured are the commands of the picture in the README.
var pictured = []string{
	"ucbridge connections",
	"ucbridge install claude-code github",
	"ucbridge call github list_issues owner=octo repo=hello-mcp state=closed",
	"ucbridge call github create_issue owner=octo repo=hello-mcp title=Hello --read-only",
}

// TestPicture holds the picture in the README to what the commands in it print,
// against the emulated workspace.
func TestPicture(t *testing.T) {
	t.Parallel()
	w := workspace(t)
	home := t.TempDir()
	if err := os.Mkdir(filepath.Join(home, ".claude"), 0o700); err != nil {
		t.Fatal(err)
	}
	profile := fmt.Sprintf("[DEFAULT]\nhost = %s\ntoken = %s\n", w.URL(), demoToken)
	if err := os.WriteFile(filepath.Join(home, ".databrickscfg"), []byte(profile), 0o600); err != nil {
		t.Fatal(err)
	}
	var lines []string
	for _, command := range pictured {
		cmd := process(t, nil, strings.Fields(command)[1:]...)
		cmd.Env = append(cmd.Env, userFolders(home)...)
		var out bytes.Buffer
		cmd.Stdout, cmd.Stderr = &out, &out
		_ = cmd.Run() // the last one is refused
		lines = append(lines, "$ "+command)
		for line := range strings.Lines(strings.ReplaceAll(filepath.ToSlash(out.String()), filepath.ToSlash(home), "~")) {
			lines = append(lines, strings.TrimRight(line, " \n"))
		}
		lines = append(lines, "")
	}
	got := drawing(lines)
	const golden = "../../docs/terminal.svg"
	if *update {
		if err := os.WriteFile(golden, []byte(got), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("picture (-want +got), rewrite with -update:\n%s", diff)
	}
}

// drawing is an SVG picture of a terminal with these lines.
func drawing(lines []string) string {
	const (
		columns    = 100
		charWidth  = 8
		lineHeight = 19
		margin     = 16
	)
	var wrapped []string
	for _, line := range lines {
		for runes := []rune(line); ; {
			if len(runes) <= columns {
				wrapped = append(wrapped, string(runes))
				break
			}
			wrapped = append(wrapped, string(runes[:columns]))
			runes = runes[columns:]
		}
	}
	var svg strings.Builder
	fmt.Fprintf(&svg, `<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" role="img" aria-label="ucbridge in a terminal">`+"\n",
		2*margin+columns*charWidth, 2*margin+len(wrapped)*lineHeight)
	svg.WriteString(`<rect width="100%" height="100%" rx="8" fill="#1b1f24"/>` + "\n")
	svg.WriteString(`<g font-family="ui-monospace, SFMono-Regular, Menlo, Consolas, monospace" font-size="13" fill="#c9d1d9" xml:space="preserve">` + "\n")
	for i, line := range wrapped {
		colour := ""
		if strings.HasPrefix(line, "$ ") {
			colour = ` fill="#7ee787"`
		}
		fmt.Fprintf(&svg, `<text x="%d" y="%d"%s>%s</text>`+"\n", margin, margin+(i+1)*lineHeight-5, colour, html.EscapeString(line))
	}
	svg.WriteString("</g>\n</svg>\n")
	return svg.String()
}
