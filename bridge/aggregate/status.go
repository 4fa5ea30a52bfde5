package aggregate

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"ucbridge/bridge/jsonrpc"
	"ucbridge/bridge/mcp"
	"ucbridge/bridge/refusal"
)

// statusDefinition is the tool by which a model learns the state of all servers.
const statusDefinition = `{"name":"` + statusTool + `","description":"Tells which of the MCP servers behind ucbridge can be reached, why others cannot, and what to do about it.",` +
	`"inputSchema":{"type":"object","properties":{}},"annotations":{"readOnlyHint":true,"destructiveHint":false,"idempotentHint":true,"openWorldHint":false}}`

// call takes a call of a tool: one of the aggregate's own, or one of a server's.
func (rt *router) call(r *request, m jsonrpc.Message) {
	name := jsonrpc.Text(m.Field("name"))
	switch {
	case name == statusTool:
		rt.replies.run(r, func() { rt.replies.answerOwn(r, textResult(rt.set.status())) })
	case rt.search && name == findTool:
		rt.replies.run(r, func() { rt.lister.find(r, m) })
	case rt.search && (name == readTool || name == writeTool):
		rt.replies.run(r, func() { rt.callFound(r, m, name == readTool) })
	default:
		rt.use(r, m)
	}
}

// probeTimeout is how long a server may take to show that it is there.
const probeTimeout = 3 * time.Second

// status is report with the truth of this moment: what cannot be reached is tried again,
// and what is connected is asked whether it is there.
func (g *memberSet) status() string {
	g.gather(mcp.ListTools)
	ctx, cancel := context.WithTimeout(g.ctx, probeTimeout)
	defer cancel()
	var trying sync.WaitGroup
	var mu sync.Mutex
	silent := make(map[*member]*refusal.Error)
	for _, s := range g.active() {
		if s.result() == nil {
			s.hurry()
		}
		trying.Go(func() {
			if _, cause := s.State(); cause != nil {
				_ = s.conv.Reach(ctx) // the state says why not
			} else if s.result() != nil {
				e := s.probe(ctx)
				mu.Lock()
				defer mu.Unlock()
				silent[s] = e
			}
		})
	}
	trying.Wait()
	return g.report(silent)
}

// probe returns why a server does not answer, nil where it does: whatever it says.
func (s *member) probe(ctx context.Context) *refusal.Error {
	method := "ping"
	if s.isModern() { // there is no ping since 2026-07-28
		method = mcp.Discover
	}
	answer, err := s.ask(ctx, method, paramsWith(s.meta()))
	if err != nil {
		return refusal.New(refusal.CallTimeout, "The server has not answered for %v.", probeTimeout)
	}
	return refusal.Read(answer.Error)
}

// report says of each server whether it can be reached, and what to do where it cannot.
// silent are those that are connected, and yet do not answer.
func (g *memberSet) report(silent map[*member]*refusal.Error) string {
	var all strings.Builder
	for _, s := range g.active() {
		place, cause := s.State()
		cause = cmp.Or(cause, silent[s])
		fmt.Fprintf(&all, "%s: %s", s.Name, s.state(cause != nil))
		if place != "" {
			all.WriteString("\n  Server: " + place)
		}
		if cause != nil {
			all.WriteString("\n  Cause: " + strings.Join(cause.Lines(), "\n  "))
		}
		if excuse := s.excuse(); cause == nil && excuse != "" {
			all.WriteString("\n  " + excuse)
		}
		all.WriteByte('\n')
	}
	if all.Len() == 0 {
		return "There is no MCP server that you may use."
	}
	return strings.TrimSuffix(all.String(), "\n")
}

// excuse is why a server that can be reached offers nothing, or not all: what it has said to
// the handshake that it refuses, or why its tools cannot be listed; "" for nothing.
func (s *member) excuse() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if refused := refusal.Quote(jsonrpc.Text(s.refused, "message")); refused != "" {
		return refusal.Said(refused)
	}
	return s.lists[mcp.ListTools].excuse()
}

// excuse says why a list cannot be read, or not whole; the lock of its member is held.
func (l *list) excuse() string {
	if l == nil || l.known || l.failed == nil {
		return ""
	}
	if own, ok := errors.AsType[*refusal.Error](l.failed); ok {
		return "Cause: " + strings.Join(own.Lines(), "\n  ")
	}
	return "Detail: " + refusal.Quote(l.failed.Error())
}

// state says in a few words how it is with a server.
func (s *member) state(failed bool) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	tools := s.lists[mcp.ListTools]
	switch {
	case failed:
		return "cannot be reached"
	case s.welcome == nil && s.greeting == nil:
		return "not begun"
	case s.welcome == nil && isOpen(s.greeting):
		return "being connected to"
	case s.welcome == nil:
		return "refuses the handshake"
	case tools != nil && !tools.known && tools.failed != nil && len(tools.elements) == 0:
		return "connected, but its tools cannot be listed"
	case tools != nil && !tools.known && tools.failed != nil:
		return "connected, but not all of its tools can be listed"
	case tools == nil || !tools.known:
		return "connected"
	case len(tools.elements) == 1:
		return "connected, 1 tool"
	}
	return fmt.Sprintf("connected, %d tools", len(tools.elements))
}

func isOpen(over chan struct{}) bool {
	select {
	case <-over:
		return false
	default:
		return true
	}
}

// Named is a tool or a prompt of a server and what the client calls it.
type Named struct {
	Server, Name string
	// Shown is "" for what the client does not get to see.
	Shown string
}

// Tools lists the tools of all servers, as far as they have been read.
func (a *Aggregate) Tools() []Named {
	names := a.directory.naming(mcp.ListTools).names
	var all []Named
	for _, s := range a.set.active() {
		elements, _, _ := s.list(mcp.ListTools)
		for _, e := range elements {
			all = append(all, Named{Server: s.Name, Name: e.key, Shown: names[target{s, e.key}]})
		}
	}
	return all
}

// textResult is the result of a call with a text.
func textResult(text string) []byte {
	quoted, err := json.Marshal(text)
	if err != nil { // a string
		panic(err)
	}
	return jsonrpc.Set([]byte(`{"content":[{"type":"text"}]}`), fmt.Appendf(nil, `[{"type":"text","text":%s}]`, quoted), "content")
}
