package record

import (
	"bytes"
	"sync"

	"github.com/go-json-experiment/json/jsontext"

	"ucbridge/bridge/jsonrpc"
	"ucbridge/bridge/mcp"
	"ucbridge/bridge/redact"
	"ucbridge/bridge/refusal"
)

// Player answers a client as the server of a session did. It is safe for concurrent use.
type Player struct {
	mu    sync.Mutex
	takes map[string][]take // by request
}

// take is what followed one request, up to its response.
type take struct {
	request jsonrpc.Message
	before  [][]byte // what the server said on its own meanwhile
	answer  jsonrpc.Message
}

// NewPlayer returns the player of a session.
func NewPlayer(s Session) *Player {
	p := &Player{takes: make(map[string][]take)}
	open := make(map[string]*take) // by id
	var order []*take
	for _, l := range s.Lines {
		for _, m := range mcp.Messages(l.Message) {
			switch {
			case l.From == Client && m.Method != "" && m.ID != nil:
				t := &take{request: m}
				open[string(m.ID)] = t
				order = append(order, t)
			case l.From == Server && m.IsResponse():
				if t := open[string(m.ID)]; t != nil {
					t.answer = m
					delete(open, string(m.ID))
				}
			case l.From == Server && len(order) > 0 && order[len(order)-1].answer.Raw == nil:
				last := order[len(order)-1]
				last.before = append(last.before, m.Raw)
			}
		}
	}
	for _, t := range order {
		if t.answer.Raw != nil {
			key := keyOf(t.request)
			p.takes[key] = append(p.takes[key], *t)
		}
	}
	return p
}

// Handle returns what the client hears after a message of its own. The same request made
// again gets the answers in their order, and the last of them for good.
func (p *Player) Handle(m jsonrpc.Message) [][]byte {
	var out [][]byte
	for _, one := range mcp.Requests(m) {
		out = append(out, p.answer(one)...)
	}
	return out
}

func (p *Player) answer(m jsonrpc.Message) [][]byte {
	p.mu.Lock()
	defer p.mu.Unlock()
	key := keyOf(asRecorded(m))
	takes := p.takes[key]
	if len(takes) == 0 {
		e := refusal.New(refusal.NotCarried, "The record has no answer to this request.").
			WithHint("it answers only what was asked during the recording, with the same parameters")
		if m.Method == mcp.Discover {
			e.Code = jsonrpc.CodeMethodNotFound // by which a client falls back to initialize
		}
		return [][]byte{e.Answer(m)}
	}
	t := takes[0]
	if len(takes) > 1 {
		p.takes[key] = takes[1:]
	}
	var out [][]byte
	then, now := jsonrpc.Value(t.request.Params, "_meta", "progressToken"), jsonrpc.Value(m.Params, "_meta", "progressToken")
	for _, raw := range t.before {
		if then != nil && bytes.Equal(jsonrpc.Value(raw, "params", "progressToken"), then) {
			if now == nil { // this time nobody wants to know
				continue
			}
			raw = jsonrpc.Set(raw, now, "params", "progressToken")
		}
		out = append(out, raw)
	}
	return append(out, t.answer.WithID(m.ID))
}

// asRecorded is a request as it would stand in a record: there secrets are masked, and the
// client that says them again asks for the same.
func asRecorded(m jsonrpc.Message) jsonrpc.Message {
	raw, kinds := redact.Message(m.Raw, isEnvelope)
	if len(kinds) == 0 {
		return m
	}
	masked, err := jsonrpc.Parse(raw)
	if err != nil { // not after texts alone have changed
		return m
	}
	return masked
}

// keyOf stands for a request: its method and, but for the handshake, what it asks for.
// What a client says of itself, and what belongs to each sending, is left out.
func keyOf(m jsonrpc.Message) string {
	if m.Method == mcp.Initialize || m.Method == mcp.Discover {
		return m.Method
	}
	params := jsonrpc.Remove(m.Params, "_meta")
	canonical := jsontext.Value(bytes.Clone(params))
	if canonical.Canonicalize(jsontext.CanonicalizeRawInts(false), jsontext.CanonicalizeRawFloats(false)) != nil {
		return m.Method + " " + string(params)
	}
	if string(canonical) == "{}" {
		canonical = nil
	}
	return m.Method + " " + string(canonical)
}
