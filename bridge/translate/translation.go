package translate

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"sync"

	"ucbridge/bridge/jsonrpc"
	"ucbridge/bridge/mcp"
	"ucbridge/bridge/refusal"
	"ucbridge/bridge/streamable"
)

// translation is one conversation of an old client with a new server.
type translation struct {
	shared       *Translator // with translations before and after this one
	version      string      // that the server is addressed in
	client       []byte      // members of _meta that describe the client
	offers       []byte      // capabilities of the client
	capabilities []byte      // of the server
	headers      streamable.Headers
	streams      streams

	mu    sync.Mutex
	level []byte // that the client has set, a JSON string; nil before
}

// newTranslation describes the client as its initialize does.
func newTranslation(a *Translator, hello jsonrpc.Message) *translation {
	var client []byte
	for _, member := range []struct{ key, name, absent string }{
		{mcp.MetaCapabilities, "capabilities", "{}"},
		{mcp.MetaClientInfo, "clientInfo", ""},
	} {
		value := jsonrpc.Value(hello.Params, member.name)
		if value == nil {
			value = []byte(member.absent)
		}
		if len(value) > 0 {
			client = fmt.Appendf(client, `,"%s":%s`, member.key, value)
		}
	}
	return &translation{shared: a, version: mcp.Modern, client: client, offers: jsonrpc.Value(hello.Params, "capabilities"), streams: streams{notices: make(chan jsonrpc.Message)}}
}

// meta is what a request of the new era has to say of itself (2026-07-28, Basic,
// "_meta"), as members of an object.
func (t *translation) meta() []byte {
	meta := fmt.Appendf(nil, `"%s":"%s"%s`, mcp.MetaRevision, t.version, t.client)
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.level != nil {
		meta = fmt.Appendf(meta, `,"%s":%s`, mcp.MetaLogLevel, t.level)
	}
	return meta
}

// translate returns a message of the old era as one of the new: with the members of
// _meta, and every other byte as it was. One whose params are no object stays as it
// is; the server will say so.
func (t *translation) translate(raw []byte) []byte {
	meta := t.meta()
	for _, path := range [][]string{{"params", "_meta"}, {"params"}} {
		at, ok := jsonrpc.Find(raw, path...)
		switch {
		case !ok && len(path) == 2:
			meta = slices.Concat([]byte(`"_meta":{`), meta, []byte(`}`))
			continue
		case !ok: // no params at all
			continue
		case raw[at.Start] != '{':
			return raw
		case len(bytes.TrimSpace(raw[at.Start+1:at.End-1])) > 0:
			meta = append(meta, ',')
		}
		return jsonrpc.Splice(raw, jsonrpc.Span{Start: at.Start + 1, End: at.Start + 1}, meta)
	}
	return jsonrpc.Set(raw, slices.Concat([]byte{'{'}, meta, []byte{'}'}), "params")
}

// post sends a message of the new era.
func (t *translation) post(ctx context.Context, raw []byte, written func()) (*streamable.Answer, error) {
	m, err := jsonrpc.Parse(raw)
	if err != nil {
		return nil, fmt.Errorf("translating a message: %w", err)
	}
	return t.shared.client.Send(ctx, streamable.Post{
		Conversation: streamable.Conversation{Version: t.version},
		Body:         raw, Header: t.headers.Of(m), Final: true, Written: written,
	})
}

// request makes a request of the bridge's own.
func (t *translation) request(method, params string) []byte {
	return t.translate(fmt.Appendf(nil, `{"jsonrpc":"2.0","id":%s,"method":"%s","params":{%s}}`, jsonrpc.OwnID(), method, params))
}

// ask sends a request of the bridge's own and returns the response.
func (t *translation) ask(ctx context.Context, method, params string) (jsonrpc.Message, error) {
	m, err := jsonrpc.Parse(t.request(method, params))
	if err != nil {
		return jsonrpc.Message{}, fmt.Errorf("asking for %s: %w", method, err)
	}
	reply, err := t.shared.client.Call(ctx, streamable.Conversation{Version: t.version}, m, t.headers.Of(m))
	return reply.Message, err
}

// setLevel keeps the level that goes with each request from here on. One that the server
// does not know would make it refuse every request.
func (t *translation) setLevel(m jsonrpc.Message) *streamable.Answer {
	if !slices.Contains(mcp.LogLevels, jsonrpc.Text(m.Params, "level")) {
		return refused(m.ID, refusal.UnknownLogLevel())
	}
	t.mu.Lock()
	t.level = jsonrpc.Value(m.Params, "level")
	t.mu.Unlock()
	return granted(m.ID)
}
