// Package quirks holds what AI clients were seen to do that a bridge has to know: what
// they cannot read, when they do not look again, what they keep from the person. It is
// one table, of clients that were run; of any other client nothing is assumed.
package quirks

import (
	"strings"
)

// Client is what is known of an AI client. The zero value is a client that does all as
// the protocol has it.
type Client struct {
	// FirstPageOnly says that it reads the first page of a list alone.
	FirstPageOnly bool
	// TextOnly says that it shows its model nothing of a result without content, such as
	// one of structured content alone.
	TextOnly bool
	// ReadsText says that it takes a text that is JSON for structured content where there
	// is none, which its own SDK then refuses if it is no object.
	ReadsText bool
	// StructuredAlone says that it shows its model structured content alone where there is
	// some: not what stands beside it, be it a picture, a link or the words of a failure.
	StructuredAlone bool
	// WordsAndPictures says that it shows its model nothing of links, sounds and files in a
	// result, and does not say that there are any.
	WordsAndPictures bool
	// LateCancels says that it cancels requests that are answered.
	LateCancels bool
	// Spelling is how it writes the names of tools where two can become one.
	Spelling Spelling

	// KeepsLists says that it never reads a list again in a session, whatever it is told.
	KeepsLists bool
	// DeclinesLinks says that it declares elicitation by URL, and declines it by itself
	// where it runs without a person: address and message are lost then.
	DeclinesLinks bool
}

// Spelling is how a client writes the name of a tool for its model. The zero value keeps
// names apart.
type Spelling struct {
	// Keeps are the characters that it keeps, beside letters and digits of ASCII.
	Keeps string
	// Writes stands for each other one.
	Writes rune
}

// Of returns how a name is spelled.
func (s Spelling) Of(name string) string {
	return strings.Map(func(r rune) rune {
		if '0' <= r && r <= '9' || 'A' <= r && r <= 'Z' || 'a' <= r && r <= 'z' || strings.ContainsRune(s.Keeps, r) {
			return r
		}
		return s.Writes
	}, name)
}

// row is an AI client as it was seen.
type row struct {
	// name is that of clientInfo in its first message; what follows after a "*" at its
	// end does not matter.
	name string
	// until is the first version of clientInfo of which this is no longer true, "" while
	// none is known.
	until string
	Client
	// seen is the program and version that was run.
	seen string
}

// table has all clients of which anything is known. "make clients" runs each of them
// that npm has, and prints what it does.
var table = []row{
	{name: "claude-code", seen: "Claude Code 2.1.332", Client: Client{Spelling: Spelling{"-_", '_'}, DeclinesLinks: true}},
	{name: "codex-mcp-client", seen: "Codex 0.171.0", Client: Client{StructuredAlone: true, KeepsLists: true}},
	{name: "gemini-cli-mcp-client", seen: "Gemini CLI 0.61.0", Client: Client{FirstPageOnly: true, TextOnly: true, ReadsText: true}},
	{name: "copilot-cli", seen: "GitHub Copilot CLI 1.0.102", Client: Client{WordsAndPictures: true, Spelling: Spelling{"-_", '-'}, DeclinesLinks: true}},
	{name: "opencode", seen: "OpenCode 1.18.33", Client: Client{WordsAndPictures: true, Spelling: Spelling{"-_", '_'}, LateCancels: true}},
	{name: "kilo", seen: "Kilo 7.7.9", Client: Client{WordsAndPictures: true, Spelling: Spelling{"-_", '_'}, LateCancels: true}},
	{name: "continue-cli-client", seen: "Continue 1.5.47", Client: Client{FirstPageOnly: true, TextOnly: true, KeepsLists: true}},
	{name: "@cline/core", seen: "Cline CLI 3.0.65", Client: Client{FirstPageOnly: true, KeepsLists: true}},
	{name: "factory-cli", seen: "droid 0.215.0", Client: Client{FirstPageOnly: true, TextOnly: true}},
	{name: "qwen-cli-mcp-client-*", seen: "Qwen Code 0.24.4", Client: Client{KeepsLists: true}},
}

// Of returns what is known of a client, the zero Client where that is nothing.
func Of(name, version string) Client {
	for _, r := range table {
		if r.isNamed(name) && (r.until == "" || older(version, r.until)) {
			return r.Client
		}
	}
	return Client{}
}

func (r row) isNamed(name string) bool {
	if begin, open := strings.CutSuffix(r.name, "*"); open {
		return len(name) >= len(begin) && strings.EqualFold(name[:len(begin)], begin)
	}
	return strings.EqualFold(r.name, name)
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
