package main

import (
	"fmt"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"
)

// volatile are the words that differ from run to run, and what stands for them.
var volatile = []struct {
	words *regexp.Regexp
	stand string
}{
	{regexp.MustCompile(`http://127\.0\.0\.1:[0-9]+`), "$WORKSPACE"},
	{regexp.MustCompile(`[0-9.]+(µs|ms|s)\b`), "TIME"},
	{regexp.MustCompile(`ucbridge [0-9]\S*`), "ucbridge VERSION"},
	{regexp.MustCompile(`is ([A-Z]:)?/\S*/ucbridge\b(\.exe)?`), "is /BIN/ucbridge"},
	{regexp.MustCompile(`config_file NUL\b`), "config_file /dev/null"},
}

// cmdSteady is "steady": the last stdout with words in the place of what differs
// from run to run.
func cmdSteady(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) > 0 {
		ts.Fatalf("usage: steady")
	}
	text := filepath.ToSlash(strings.ReplaceAll(ts.ReadFile("stdout"), ts.Getenv("WORK"), "$WORK"))
	for _, v := range volatile {
		text = v.words.ReplaceAllLiteralString(text, v.stand)
	}
	fmt.Fprint(ts.Stdout(), text)
}
