package emulator

import (
	"slices"
	"strings"
	"sync"
)

// repository and issue are what the sample server's tools show of them; the
// member names are GitHub's.
type repository struct {
	FullName    string `json:"full_name"`
	Description string `json:"description"`
	Language    string `json:"language"`
	Stars       int    `json:"stargazers_count"`

	files  map[string]string
	issues []issue
}

type issue struct {
	Number int      `json:"number"`
	Title  string   `json:"title"`
	Body   string   `json:"body,omitempty"`
	State  string   `json:"state"`
	Labels []string `json:"labels,omitempty"`
}

// forge is the sample server's data set. It starts the same in every workspace.
type forge struct {
	mu           sync.Mutex
	repositories []*repository
}

func newForge() *forge {
	return &forge{repositories: []*repository{
		{
			FullName: "octo/hello-mcp", Language: "Go", Stars: 128,
			Description: "A first MCP server, and what went wrong on the way",
			files: map[string]string{
				"README.md": "# hello-mcp\n\nA first MCP server. Run it with `go run .`.\n",
				"main.go":   "package main\n\nfunc main() {\n\tprintln(\"hello, mcp\")\n}\n",
			},
			issues: []issue{
				{Number: 1, Title: "Session lost after an hour", State: "open", Labels: []string{"bug"}},
				{Number: 2, Title: "Say how to sign in", State: "open", Labels: []string{"docs"}},
				{Number: 3, Title: "Panic on an empty line", State: "closed", Labels: []string{"bug"}},
			},
		},
		{
			FullName: "octo/lakehouse-tools", Language: "Python", Stars: 64,
			Description: "Small tools around a lakehouse",
			files: map[string]string{
				"README.md":       "# lakehouse-tools\n\nBrötchen, naïve, 日本語: not only ASCII.\n",
				"sql/orders.sql":  "SELECT count(*) FROM orders WHERE amount > 100;\n",
				"docs/hello.html": "<p>a < b && c > d</p>\n",
			},
			issues: []issue{{Number: 1, Title: "Support Unity Catalog volumes", State: "open"}},
		},
		{
			FullName: "acme/rocket", Language: "Rust", Stars: 4096,
			Description: "Guidance software; not for hello worlds",
			files:       map[string]string{"README.md": "# rocket\n"},
		},
	}}
}

// find returns the named repository, or nil. The lock is held by the caller.
func (f *forge) find(owner, name string) *repository {
	i := slices.IndexFunc(f.repositories, func(r *repository) bool { return r.FullName == owner+"/"+name })
	if i < 0 {
		return nil
	}
	return f.repositories[i]
}

// search returns the repositories whose name or description holds the words.
func (f *forge) search(query string) []repository {
	f.mu.Lock()
	defer f.mu.Unlock()
	var found []repository
	for _, r := range f.repositories {
		if strings.Contains(strings.ToLower(r.FullName+" "+r.Description), strings.ToLower(query)) {
			found = append(found, *r)
		}
	}
	return found
}

// issues returns a repository's issues in a state, or in any.
func (f *forge) issues(owner, name, state string) ([]issue, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	r := f.find(owner, name)
	if r == nil {
		return nil, false
	}
	out := slices.Clone(r.issues)
	if state != "" && state != "all" {
		out = slices.DeleteFunc(out, func(i issue) bool { return i.State != state })
	}
	return out, true
}

// file returns a file's text.
func (f *forge) file(owner, name, path string) (string, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	r := f.find(owner, name)
	if r == nil {
		return "", false
	}
	text, ok := r.files[path]
	return text, ok
}

// create adds an open issue.
func (f *forge) create(owner, name, title, body string) (issue, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	r := f.find(owner, name)
	if r == nil {
		return issue{}, false
	}
	made := issue{Number: len(r.issues) + 1, Title: title, Body: body, State: "open"}
	r.issues = append(r.issues, made)
	return made, true
}

// close closes an issue.
func (f *forge) close(owner, name string, number int) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	r := f.find(owner, name)
	if r == nil || number < 1 || number > len(r.issues) {
		return false
	}
	r.issues[number-1].State = "closed"
	return true
}
