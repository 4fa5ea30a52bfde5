package aggregate

import (
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"ucbridge/bridge/jsonrpc"
	"ucbridge/bridge/mcp"
	"ucbridge/bridge/refusal"
)

const (
	// helloTimeout is how long the answer to a client's handshake waits for servers: what
	// they declare and their instructions are a part of it.
	helloTimeout = 700 * time.Millisecond
	// listTimeout is how long a list waits for servers. AI clients without a person at
	// them wait for all of a start 2 s at most.
	listTimeout = 1200 * time.Millisecond
	// maxInstructions bounds the instructions of one server, maxAllInstructions those of
	// all, in bytes.
	maxInstructions, maxAllInstructions = 4 << 10, 32 << 10
)

// initialize answers a client that begins in an older revision.
func (a *Aggregate) initialize(r *request, m jsonrpc.Message) {
	params := m.Params
	if params == nil {
		params = []byte(`{}`)
	}
	revision := jsonrpc.Text(params, "protocolVersion")
	if !mcp.IsHandshake(revision) {
		revision = mcp.LastHandshake
	}
	a.revision.Store(&revision)
	a.set.begin(hello{params: params, shaken: true})
	a.replies.run(r, func() {
		a.set.greeted()
		result := fmt.Appendf(nil, `{"protocolVersion":%s,"capabilities":%s,"serverInfo":%s}`, quote(revision), a.set.capabilities(false), a.set.serverInfo())
		if text := a.set.instructions(); text != "" {
			result = jsonrpc.Set(result, quote(text), "instructions")
		}
		a.replies.answerOwn(r, result)
	})
}

// discover answers a client that asks for 2026-07-28: where one of the servers speaks
// it. Elsewhere a client of both eras falls back to initialize.
func (a *Aggregate) discover(r *request, m jsonrpc.Message) {
	a.set.discovered(modernHello(m))
	a.replies.run(r, func() {
		a.set.greeted()
		if !slices.ContainsFunc(a.set.active(), (*member).isModern) {
			a.replies.refuse(r, &refusal.Error{
				Code: jsonrpc.CodeMethodNotFound, Message: "Method not found: server/discover",
				Data: refusal.Data{Source: refusal.Source, Reason: refusal.RevisionNotCarried, Hint: "use initialize"},
			})
			return
		}
		result := fmt.Appendf(nil, `{"supportedVersions":["%s"],"capabilities":%s,"_meta":{"%s":%s},"ttlMs":0,"cacheScope":"private"}`,
			mcp.Modern, a.set.capabilities(true), mcp.MetaServerInfo, a.set.serverInfo())
		if text := a.set.instructions(); text != "" {
			result = jsonrpc.Set(result, quote(text), "instructions")
		}
		r.modern = true
		a.replies.answerOwn(r, result)
	})
}

// modernHello is how a client of 2026-07-28 begins: with any message. Servers of older
// revisions get an initialize that says the same.
func modernHello(m jsonrpc.Message) hello {
	meta := m.Field("_meta")
	said := fmt.Appendf(nil, `{"%s":"%s"}`, mcp.MetaRevision, mcp.Modern)
	params := fmt.Appendf(nil, `{"protocolVersion":"%s","capabilities":{},"clientInfo":{"name":"unnamed","version":"unknown"}}`, mcp.LastHandshake)
	for _, of := range []struct{ key, member string }{{mcp.MetaCapabilities, "capabilities"}, {mcp.MetaClientInfo, "clientInfo"}} {
		if value := jsonrpc.Value(meta, of.key); value != nil {
			said = jsonrpc.Set(said, value, of.key)
			params = jsonrpc.Set(params, value, of.member)
		}
	}
	if jsonrpc.Value(said, mcp.MetaCapabilities) == nil {
		said = jsonrpc.Set(said, []byte(`{}`), mcp.MetaCapabilities)
	}
	return hello{params: params, meta: said}
}

// serverInfo is what an Aggregate says of itself.
func (g *memberSet) serverInfo() []byte {
	return fmt.Appendf(nil, `{"name":"ucbridge","version":%s}`, quote(g.version))
}

// capabilities are those of all servers together. A server that has not answered may
// have any list.
func (g *memberSet) capabilities(modern bool) []byte {
	all := []byte(`{"tools":{"listChanged":true}}`)
	for _, s := range g.active() {
		result := s.result()
		for _, list := range []string{"prompts", "resources"} {
			if result == nil || s.declares(list) {
				all = jsonrpc.Set(all, []byte("true"), list, "listChanged")
			}
		}
		if string(jsonrpc.Value(result, "capabilities", "resources", "subscribe")) == "true" {
			all = jsonrpc.Set(all, []byte("true"), "resources", "subscribe")
		}
		for _, name := range []string{"completions", "logging"} {
			if s.declares(name) && !(modern && name == "logging" && !s.isModern()) {
				all = jsonrpc.Set(all, []byte("{}"), name)
			}
		}
		all = joined(all, jsonrpc.Value(result, "capabilities", "tasks"), "tasks")
		for _, name := range []string{"experimental", "extensions"} {
			for _, one := range jsonrpc.Members(jsonrpc.Value(result, "capabilities", name)) {
				all = joined(all, one.Value, name, one.Name)
			}
		}
	}
	return all
}

// joined returns raw with value at path, unless something is there already.
func joined(raw, value []byte, path ...string) []byte {
	if value == nil || jsonrpc.Value(raw, path...) != nil {
		return raw
	}
	return jsonrpc.Set(raw, value, path...)
}

// instructions are those of all servers, each under the server's name. Lines of a
// server are indented, so that none can pass for the heading of another.
func (g *memberSet) instructions() string {
	var all strings.Builder
	for _, s := range g.active() {
		text := strings.TrimSpace(jsonrpc.Text(s.result(), "instructions"))
		if text == "" {
			continue
		}
		text = cut(text, maxInstructions)
		if all.Len()+len(text) > maxAllInstructions {
			break
		}
		if all.Len() > 0 {
			all.WriteString("\n\n")
		}
		fmt.Fprintf(&all, "Instructions of the server %q:", s.Name)
		for line := range strings.Lines(text) {
			all.WriteString("\n  " + strings.TrimRight(line, "\r\n"))
		}
	}
	return all.String()
}

// cut shortens a text to so many bytes, and says so.
func cut(text string, most int) string {
	if len(text) <= most {
		return text
	}
	text = text[:most]
	for !utf8.ValidString(text) {
		text = text[:len(text)-1]
	}
	return text + " ... (cut by ucbridge)"
}

// hello is how a client began.
type hello struct {
	params []byte // of initialize
	// meta is what a message of 2026-07-28 says of its client, nil for an older one.
	meta []byte
	// shaken says that the client has sent initialize, after which it may also send single
	// requests of 2026-07-28.
	shaken bool
}

// supports reports whether a DiscoverResult names a revision.
func supports(result []byte, revision string) bool {
	return names(jsonrpc.Value(result, "supportedVersions"), revision)
}

// names reports whether an array of texts holds one.
func names(array []byte, text string) bool {
	return slices.ContainsFunc(jsonrpc.Elements(array), func(v []byte) bool { return jsonrpc.Text(v) == text })
}
