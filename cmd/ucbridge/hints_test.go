package main

import (
	"regexp"
	"strings"
	"sync/atomic"

	"github.com/rogpeppe/go-internal/testscript"
)

// hinted finds commands of ucbridge in what is printed as a hint, or as the next
// thing to do.
var hinted = regexp.MustCompile(`(?m)^(?:ucbridge: hint|\s+next): (?:.*: )?(ucbridge [^\n]*?)\.?$`)

// hintedData finds them in the data of a JSON-RPC error.
var hintedData = regexp.MustCompile(`"hint":"(?:[^"\\]*: )?(ucbridge [^"\\]*?)\.?"`)

// harmless says how the command of a hint is run without what it does: what it
// changes would change the story.
var harmless = map[string]string{"install": " --dry-run", "uninstall": " --dry-run", "login": " --help", "stdio": " --help", "demo": " --help", "serve": " --help"}

// misused is what commands say that cannot be meant so.
var misused = regexp.MustCompile(`(?m)^ucbridge: error: (unknown (command|flag|shorthand)|no target|unexpected argument|missing tool|flag needs)`)

// pasted counts the hints that were run, in all stories.
var pasted atomic.Int64

// paste runs, as a user would in the same place, the commands that are named as
// hints in what was printed.
func paste(ts *testscript.TestScript, stdout, stderr string) {
	hints := append(hinted.FindAllStringSubmatch(stderr+"\n"+stdout, -1), hintedData.FindAllStringSubmatch(stdout, -1)...)
	for _, hint := range hints {
		command := hint[1]
		if strings.ContainsAny(command, "<`") || strings.Contains(command, "NAME") {
			continue // something is to be filled in
		}
		_ = ts.Exec("sh", "-c", command+harmless[strings.Fields(command)[1]]+" </dev/null") // it may well fail, as the cause is still there
		if said := ts.ReadFile("stderr"); misused.MatchString(said) {
			ts.Fatalf("the hint %q does not work when pasted: %s", command, said)
		}
		pasted.Add(1)
	}
}
