package aggregate

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"ucbridge/bridge/jsonrpc"
	"ucbridge/bridge/mcp"
	"ucbridge/bridge/refusal"
)

// The tools that stand for all others where a client does not search itself. Reading and
// writing are two, so that a client's own permission for each still means something.
const (
	findDefinition = `{"name":"` + findTool + `","description":"Finds tools by words in their names and descriptions, and returns their full definitions. Call one with ` + readTool + ` or ` + writeTool + `.",` +
		`"inputSchema":{"type":"object","properties":{"query":{"type":"string","description":"words to look for; without any, all tools are returned"},"limit":{"type":"integer","minimum":1,"maximum":100,"description":"how many to return, 10 unless given"}}},` +
		`"annotations":{"readOnlyHint":true,"destructiveHint":false,"idempotentHint":true,"openWorldHint":false}}`
	callSchema = `"inputSchema":{"type":"object","properties":{"name":{"type":"string","description":"the name that ` + findTool + ` returned"},"arguments":{"type":"object","description":"as the tool's inputSchema says"}},"required":["name"]}`

	readDefinition  = `{"name":"` + readTool + `","description":"Calls a tool that is declared to change nothing (readOnlyHint).",` + callSchema + `,"annotations":{"readOnlyHint":true,"destructiveHint":false}}`
	writeDefinition = `{"name":"` + writeTool + `","description":"Calls a tool that may change something.",` + callSchema + `,"annotations":{"readOnlyHint":false,"destructiveHint":true}}`
)

// searchTools is the list of tools of a client that searches by them.
func (l *lister) searchTools() [][]byte {
	return [][]byte{[]byte(findDefinition), []byte(readDefinition), []byte(writeDefinition), []byte(statusDefinition)}
}

// defaultFound is how many tools find_tools returns.
const defaultFound = 10

// find answers a call of find_tools.
func (l *lister) find(r *request, m jsonrpc.Message) {
	l.set.gather(mcp.ListTools)
	arguments := m.Field("arguments")
	limit := defaultFound
	if _, err := fmt.Sscan(string(jsonrpc.Value(arguments, "limit")), &limit); err != nil || limit < 1 {
		limit = defaultFound
	}
	found := l.matching(jsonrpc.Text(arguments, "query"))
	total := len(found)
	found = found[:min(total, limit, 100)]
	text := "[]"
	if total > 0 {
		text = "[" + strings.Join(found, ",\n") + "]"
	}
	if total > len(found) {
		text += fmt.Sprintf("\n%d more match; use more words, or a higher limit.", total-len(found))
	}
	l.replies.answerOwn(r, textResult(text))
}

// matching returns the definitions of the tools that a query matches, the best first: the
// words in a name count more than those in a description.
func (l *lister) matching(query string) []string {
	words := strings.Fields(strings.ToLower(query))
	type match struct {
		raw   string
		score int
	}
	var matches []match
	names := l.directory.naming(mcp.ListTools).names
	for _, s := range l.set.active() {
		elements, _, _ := s.list(mcp.ListTools)
		for _, e := range elements {
			name := names[target{s, e.key}]
			if name == "" {
				continue
			}
			score := scored(words, name+" "+s.Name, jsonrpc.Text(e.raw, "title")+" "+jsonrpc.Text(e.raw, "description"))
			if score > 0 || len(words) == 0 {
				matches = append(matches, match{string(jsonrpc.Splice(e.raw, e.at, quote(name))), score})
			}
		}
	}
	slices.SortStableFunc(matches, func(a, b match) int { return cmp.Compare(b.score, a.score) })
	found := make([]string, len(matches))
	for i, one := range matches {
		found[i] = one.raw
	}
	return found
}

func scored(words []string, name, description string) int {
	name, description = strings.ToLower(name), strings.ToLower(description)
	score := 0
	for _, word := range words {
		switch {
		case strings.Contains(name, word):
			score += 3
		case strings.Contains(description, word):
			score++
		}
	}
	return score
}

// callFound calls a tool in the stead of call_read_tool or call_write_tool: the server,
// and the policy before it, see a call of the tool itself.
func (rt *router) callFound(r *request, m jsonrpc.Message, reading bool) {
	arguments := m.Field("arguments")
	name := jsonrpc.Text(arguments, "name")
	inner := jsonrpc.Value(arguments, "arguments")
	if inner == nil {
		inner = []byte(`{}`)
	}
	raw := jsonrpc.Set(m.Raw, inner, "params", "arguments")
	t, ok := rt.find(mcp.ListTools, name)
	if !ok {
		rt.refuseUnknown(r, jsonrpc.MustParse(jsonrpc.Set(raw, quote(name), "params", "name")), name)
		return
	}
	if reading && !t.readsOnly() {
		rt.replies.refuse(r, &refusal.Error{
			Code: mcp.CodeInvalidParams, Message: fmt.Sprintf("%s is not declared to change nothing.", refusal.Quote(name)),
			Data: refusal.Data{Source: refusal.Source, Reason: refusal.NotCarried, Hint: "call it with " + writeTool},
		})
		return
	}
	r.takesInput = true
	rt.send(r, t.of, m, jsonrpc.Set(raw, quote(t.name), "params", "name"))
}

// readsOnly reports whether a tool is declared to change nothing.
func (t target) readsOnly() bool {
	elements, _, _ := t.of.list(mcp.ListTools)
	for _, e := range elements {
		if e.key == t.name && string(jsonrpc.Value(e.raw, "annotations", "readOnlyHint")) != "true" {
			return false
		}
	}
	return slices.ContainsFunc(elements, func(e element) bool { return e.key == t.name })
}
