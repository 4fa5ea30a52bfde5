//go:build linux

package peers

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync/atomic"
)

// probe is an MCP server whose tools show what a client makes of a name, of a form of
// result, of an error, of a second page and of a list that changes. It knows no
// revision but the first ones, as most servers, and keeps no sessions.
type probe struct {
	changed atomic.Bool
	cancels atomic.Int64 // that were sent to it
}

// longName is one of those that clients cut.
var longName = "look_" + strings.Repeat("for_", 16) + "lakehouse"

// Tools of the probe.
var (
	alike      = []string{"e.cho", "e-cho", "e_cho", "E.cho"} // in the spelling of some clients
	firstPage  = append(slices.Clone(alike), longName, "structured", "array", "number", "refused", "link", "large", "beside", "address", "change")
	secondPage = []string{"second"}
	// added is a tool that is there after a call of "change".
	added = "added"
)

// knownAs begins the description of a tool.
const knownAs = "Known to the server as "

// described is what the description of a tool says, so that it is known by any name.
func described(tool string) string { return knownAs + "[" + tool + "]." }

// Words of results, which nothing else says.
const (
	structuredWord = "structured-7f3a"
	arrayWord      = "array-5c2b"
	numberWord     = "577215664"
	refusedWord    = "refused-41d0"
	refusedHint    = "refused-hint-9b6e"
	linkWord       = "link-2e8c"
	besideWord     = "beside-3d91"
	addressWord    = "address-8c04"
	largeWord      = "yes and no, "
	largeLength    = 200_000
)

// results are the answers to calls that are not told in words.
var results = map[string]string{
	"structured": `"result":{"content":[],"structuredContent":{"found":"` + structuredWord + `"}}`,
	"array":      `"result":{"content":[{"type":"text","text":"[{\"found\":\"` + arrayWord + `\"}]"}]}`,
	"number":     `"result":{"content":[{"type":"text","text":"` + numberWord + `"}]}`,
	"refused":    `"error":{"code":-32010,"message":"` + refusedWord + `","data":{"hint":"` + refusedHint + `"}}`,
	"link": `"error":{"code":-32042,"message":"` + linkWord + `","data":{"elicitations":[{"mode":"url","elicitationId":"e1",` +
		`"url":"https://signin.example.test/e1","message":"Sign in."}]}}`,
	"beside":  `"result":{"content":[{"type":"resource_link","uri":"file:///` + besideWord + `","name":"beside"}],"structuredContent":{"found":1}}`,
	"address": `"result":{"content":[{"type":"resource_link","uri":"file:///` + addressWord + `","name":"address"}]}`,
	"large":   `"result":{"content":[{"type":"text","text":"` + strings.Repeat(largeWord, largeLength/len(largeWord)) + `"}]}`,
}

// answer returns what the server says to a message, nil for nothing, and a notification
// that comes before.
func (p *probe) answer(raw []byte) (answer, before []byte) {
	var m struct {
		ID     json.RawMessage
		Method string
		Params struct{ Name, Cursor, ProtocolVersion string }
	}
	if json.Unmarshal(raw, &m) != nil || m.ID == nil || m.Method == "" {
		if m.Method == "notifications/cancelled" {
			p.cancels.Add(1)
		}
		return nil, nil
	}
	said, found := results[m.Params.Name]
	switch {
	case m.Method == "initialize":
		p.changed.Store(false)
		said = `"result":{"protocolVersion":` + quoted(m.Params.ProtocolVersion) + `,"capabilities":{"tools":{"listChanged":true}},"serverInfo":{"name":"probe","version":"1.0.0"}}`
	case m.Method == "ping":
		said = `"result":{}`
	case m.Method == "tools/list":
		said = `"result":` + p.page(m.Params.Cursor)
	case m.Method != "tools/call":
		said = `"error":{"code":-32601,"message":"Method not found"}`
	case m.Params.Name == "change":
		p.changed.Store(true)
		before = []byte(`{"jsonrpc":"2.0","method":"notifications/tools/list_changed"}`)
		fallthrough
	case !found:
		said = `"result":{"content":[{"type":"text","text":"ran [` + m.Params.Name + `]"}]}`
	}
	return fmt.Appendf(nil, `{"jsonrpc":"2.0","id":%s,%s}`, m.ID, said), before
}

func (p *probe) page(cursor string) string {
	names, next := firstPage, `,"nextCursor":"2"`
	if cursor != "" {
		names, next = secondPage, ""
	}
	if p.changed.Load() && cursor == "" {
		names = append([]string{added}, names...)
	}
	tools := make([]string, len(names))
	for i, name := range names {
		tools[i] = `{"name":"` + name + `","description":"` + described(name) + `","inputSchema":{"type":"object","properties":{}}}`
	}
	return `{"tools":[` + strings.Join(tools, ",") + `]` + next + `}`
}

// ServeHTTP is the server over Streamable HTTP, without a stream of its own.
func (p *probe) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodPost {
		http.Error(w, "POST alone", http.StatusMethodNotAllowed)
		return
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return // the client is gone
	}
	answer, before := p.answer(body)
	switch {
	case answer == nil:
		w.WriteHeader(http.StatusAccepted)
	case before != nil:
		events(w, []string{string(before), string(answer)})
	default:
		w.Header().Set("Content-Type", "application/json")
		w.Write(answer)
	}
}

// serveProbe is the server over stdio.
func serveProbe() {
	p := new(probe)
	lines := bufio.NewReader(os.Stdin)
	for {
		line, err := lines.ReadBytes('\n')
		answer, before := p.answer(line)
		for _, m := range [][]byte{before, answer} {
			if m != nil {
				os.Stdout.Write(append(m, '\n'))
			}
		}
		if err != nil {
			return
		}
	}
}
