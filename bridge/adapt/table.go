package adapt

import "strings"

// adaptations are what is done for one AI client.
type adaptations struct {
	// joinPages gives it a list whole, since it reads the first page alone.
	joinPages bool
	// addText gives a result of structured content alone a text, too.
	addText bool
	// dropCancels keeps its cancellations of requests that are answered already.
	dropCancels bool
}

// row is an AI client as it was seen.
type row struct {
	// name is that of clientInfo in its initialize.
	name string
	// until is the first version of clientInfo that no longer needs this, "" while
	// none is known.
	until string
	adaptations
	// seen is the program and version that was run, and what it did.
	seen string
}

// table has all clients for which anything is done. To add one, run it against a server
// with two pages of tools and a result of structured content alone.
var table = []row{
	{
		name: "gemini-cli-mcp-client", adaptations: adaptations{joinPages: true, addText: true},
		seen: "Gemini CLI 0.61.0: the model gets the tools of page 1, and {} for structured content",
	}, {
		name: "continue-cli-client", adaptations: adaptations{joinPages: true, addText: true},
		seen: "Continue 1.5.47: the model gets the tools of page 1, and [] for structured content",
	}, {
		name: "factory-cli", adaptations: adaptations{joinPages: true, addText: true},
		seen: "droid 0.215.0: the model gets the tools of page 1, and [No content returned] for structured content",
	}, {
		name: "@cline/core", adaptations: adaptations{joinPages: true},
		seen: "Cline CLI 3.0.65: the model gets the tools of page 1",
	}, {
		name: "opencode", adaptations: adaptations{dropCancels: true},
		seen: "OpenCode 1.18.33: cancels every call after its answer",
	},
}

// find returns what is done for a client, false for nothing.
func find(name, version string) (adaptations, bool) {
	for _, r := range table {
		if strings.EqualFold(r.name, name) && (r.until == "" || older(version, r.until)) {
			return r.adaptations, true
		}
	}
	return adaptations{}, false
}

// older compares versions number by number; what is no number counts as 0.
func older(version, than string) bool {
	a, b := strings.Split(version, "."), strings.Split(than, ".")
	for i := range b {
		var x, y int
		if i < len(a) {
			x = number(a[i])
		}
		if y = number(b[i]); x != y {
			return x < y
		}
	}
	return false
}

func number(text string) int {
	n := 0
	for _, digit := range text {
		if digit < '0' || digit > '9' || n > 1e6 {
			break
		}
		n = 10*n + int(digit-'0')
	}
	return n
}
