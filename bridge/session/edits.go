package session

import (
	"bytes"

	"ucbridge/bridge/jsonrpc"
	"ucbridge/bridge/mcp"
	"ucbridge/bridge/refusal"
)

// This file holds every change that a session makes to a message that passes.
// Each is logged the first time. (Line breaks inside a message are made spaces
// by the stdio door, since they would end its line.)

// edit logs the first use of a change.
func (s *Session) edit(name, why string, args ...any) {
	if _, done := s.once.LoadOrStore(name, true); !done {
		s.Log.Info("changing a message: "+name, append([]any{"why", why}, args...)...)
	}
}

// outgoing returns the bytes that go to the server for a message of the client, and
// the client's own where they are others: for the handshake on a buffered route.
// There a request of the server (sampling, roots, a form to fill in) would reach the
// client only with the answer that waits for it, so the client must not offer them.
// Elicitation by URL stays: it needs no answer in time. --keep-capabilities switches
// it off.
func (s *Session) outgoing(x *exchange) (body, original []byte) {
	m := x.message
	if m.Method != "initialize" || x.era != "" || !s.Route.Buffered() || s.KeepCapabilities {
		return m.Raw, nil
	}
	raw := mcp.TrimCapabilities(m.Raw)
	if bytes.Equal(raw, m.Raw) {
		return m.Raw, nil
	}
	s.edit("capabilities trimmed from initialize", "this route delivers answers whole, a server could not ask the client anything",
		"switch", "--keep-capabilities")
	return raw, m.Raw
}

// restoreID returns the response with the client's own id, where the server sent
// it rounded, spelled otherwise, or not at all: a client matches ids exactly.
func (s *Session) restoreID(m jsonrpc.Message, id jsonrpc.ID) []byte {
	if id.Is(m.ID) {
		return m.Raw
	}
	s.edit("id of a response restored", "the server lost or rounded it", "sent", string(id), "came", string(m.ID))
	return m.WithID(id)
}

// dropTool says that streamable.Headers has left a tool out of a list: it asks for
// headers in a way that an HTTP client, which the bridge is here, has to refuse
// (2026-07-28, Tools, "x-mcp-header").
func (s *Session) dropTool(tool string, err error) {
	s.Log.Warn("dropping a tool with an invalid x-mcp-header", "tool", refusal.Quote(tool), "err", err)
}
