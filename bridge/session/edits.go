package session

import (
	"bytes"
	"log/slog"
	"sync"

	"ucbridge/bridge/jsonrpc"
	"ucbridge/bridge/mcp"
	"ucbridge/bridge/refusal"
)

// This file holds every change that a session makes to a message that passes.
// Each is logged the first time. (Line breaks inside a message are made spaces
// by Stdio, since they would end its line.)

// edits remembers which changes were logged.
type edits struct {
	log  *slog.Logger
	seen sync.Map
}

// note logs the first use of a change.
func (e *edits) note(name, why string, args ...any) {
	if _, done := e.seen.LoadOrStore(name, true); !done {
		e.log.Info("changing a message: "+name, append([]any{"why", why}, args...)...)
	}
}

// outgoing returns the bytes that go to the server for a message of the client, and
// the client's own where they are others: for the handshake on a buffered route.
// There a request of the server (sampling, roots, a form to fill in) would reach the
// client only with the answer that waits for it, so the client must not offer them.
// Elicitation by URL stays: it needs no answer in time. --keep-capabilities switches
// it off.
func (s *sender) outgoing(x *exchange) (body, original []byte) {
	m := x.message
	if m.Method != mcp.Initialize || x.era != "" || !s.route.Buffered() || s.keepCapabilities {
		return m.Raw, nil
	}
	raw := mcp.TrimCapabilities(m.Raw)
	if bytes.Equal(raw, m.Raw) {
		return m.Raw, nil
	}
	s.edits.note("capabilities trimmed from initialize", "this route delivers answers whole, a server could not ask the client anything",
		"switch", "--keep-capabilities")
	return raw, m.Raw
}

// restoreID returns the response with the client's own id, where the server sent
// it rounded, spelled otherwise, or not at all: a client matches ids exactly.
func (e *edits) restoreID(m jsonrpc.Message, id jsonrpc.ID) []byte {
	if id.Is(m.ID) {
		return m.Raw
	}
	e.note("id of a response restored", "the server lost or rounded it", "sent", string(id), "came", string(m.ID))
	return m.WithID(id)
}

// admitTools notes what headers the listed tools ask for, and drops those that ask
// in an invalid way: an HTTP client, which the bridge is here, has to refuse them
// (2026-07-28, Tools, "x-mcp-header").
func (s *sender) admitTools(answer jsonrpc.Message) jsonrpc.Message {
	return s.headers.Admit(answer, func(tool string, err error) {
		s.life.log.Warn("dropping a tool with an invalid x-mcp-header", "tool", refusal.Quote(tool), "err", err)
	})
}
