package session

import (
	"bytes"
	"context"
	"sync"
	"time"

	"ucbridge/bridge/jsonrpc"
	"ucbridge/bridge/mcp"
	"ucbridge/bridge/streamable"
)

// warmStart begins a session with the answers of an earlier one: AI clients without a
// person at them wait for a server 2 s at most, and then run their only turn without
// its tools. The server is reached meanwhile; calls wait for it, and the client is told
// where its lists are others now.
type warmStart struct {
	link *serverLink

	mu       sync.Mutex
	on       bool // initialize was answered so, and the server has not answered yet
	result   []byte
	served   []servedList
	patience time.Duration
}

// servedList is a page of a list that the client got from memory.
type servedList struct {
	request jsonrpc.Message
	result  []byte
}

// listPatience is how long a client that never reads a list again waits for the list of
// this moment, before it gets the remembered one. All of them were seen to wait for 2 s.
const listPatience = 1500 * time.Millisecond

// begin answers initialize from memory and reaches for the server; nil where nothing is
// remembered.
func (w *warmStart) begin(ctx context.Context, hello jsonrpc.Message) []byte {
	l := w.link
	raw := l.standby.Recall(ctx, hello)
	if raw == nil {
		return nil
	}
	w.mu.Lock()
	w.on, w.result, w.served, w.patience = true, jsonrpc.Value(raw, "result"), nil, 0
	if quirksOf(hello).KeepsLists {
		w.patience = listPatience
	}
	w.mu.Unlock()
	l.mu.Lock()
	l.phase, l.fellBack = phaseStandby, true
	l.told = jsonrpc.Text(raw, "result", "protocolVersion")
	generation := l.generation
	l.mu.Unlock()
	l.life.background.run(func() {
		if err := l.renew(l.life.ctx, generation); err != nil {
			w.fail(generation, err)
		}
	})
	return raw
}

// isOn reports whether the session goes by what is remembered.
func (w *warmStart) isOn() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.on
}

// answer returns what is remembered as the answer to m, nil where m waits for the server.
func (w *warmStart) answer(ctx context.Context, m jsonrpc.Message) []byte {
	if m.Method == "ping" {
		return w.link.standby.Answer(ctx, m)
	}
	if _, isList := mcp.ListOf(m.Method); !isList {
		return nil
	}
	w.mu.Lock()
	patience := w.patience
	w.mu.Unlock()
	if patience > 0 {
		brief, cancel := context.WithTimeout(ctx, patience)
		defer cancel()
		_, generation := w.link.current()
		if w.link.renew(brief, generation) == nil {
			return nil
		}
	}
	result := w.link.standby.RecallList(m)
	w.mu.Lock()
	defer w.mu.Unlock()
	if result == nil || !w.on {
		return nil
	}
	w.served = append(w.served, servedList{m, result})
	return jsonrpc.Result(m.ID, result)
}

// end says that the server has answered, and returns what was given out instead of its
// answers; nil where nothing was.
func (w *warmStart) end() (result []byte, served []servedList) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.on {
		return nil, nil
	}
	w.on = false
	return w.result, w.served
}

// fail hands the session to the standby, whose tool says why.
func (w *warmStart) fail(generation int, err error) {
	if w.link.life.ctx.Err() != nil || !w.link.isCurrent(generation) {
		return
	}
	if result, _ := w.end(); result == nil {
		return
	}
	w.link.life.log.Warn("server unreachable; answering locally until it is back", "err", err)
	w.link.client.Emit([]byte(`{"jsonrpc":"2.0","method":"notifications/tools/list_changed"}`))
	w.link.keepTrying()
}

// compare asks the server for each list that the client has from memory, and tells the
// client which are others now.
func (w *warmStart) compare(conv streamable.Conversation, remembered, result []byte, served []servedList) {
	changed := make(map[string]bool)
	for _, list := range []string{"tools", "prompts", "resources"} {
		changed[list] = (jsonrpc.Value(remembered, "capabilities", list) == nil) != (jsonrpc.Value(result, "capabilities", list) == nil)
	}
	for _, page := range served {
		list, _ := mcp.ListOf(page.request.Method)
		if !changed[list.Capability] && jsonrpc.Value(result, "capabilities", list.Capability) != nil && !w.isSame(conv, page) {
			changed[list.Capability] = true
		}
	}
	if changed["tools"] {
		w.link.mu.Lock()
		w.link.expectRelist()
		w.link.mu.Unlock()
	}
	for _, list := range []string{"tools", "prompts", "resources"} {
		if changed[list] {
			w.link.client.Emit([]byte(`{"jsonrpc":"2.0","method":"notifications/` + list + `/list_changed"}`))
		}
	}
}

// isSame reports whether the server answers a page as it is remembered.
func (w *warmStart) isSame(conv streamable.Conversation, page servedList) bool {
	x, err := w.link.sender.private(page.request.Raw)
	if err != nil {
		return false
	}
	defer x.cancel(errSettled)
	same := false
	c := x.calls[0]
	c.take = func(answer jsonrpc.Message) {
		same = bytes.Equal(answer.Result, page.result)
		w.link.note(c, answer)
	}
	w.link.sender.await(x, func() error { return w.link.sender.attempt(x, conv) })
	return same
}
