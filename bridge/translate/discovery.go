package translate

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"time"

	"ucbridge/bridge/jsonrpc"
	"ucbridge/bridge/mcp"
	"ucbridge/bridge/refusal"
	"ucbridge/bridge/streamable"
)

// initialize carries the client's handshake. Where the server refuses it, and
// answers server/discover, a translation begins.
func (a *Translator) initialize(ctx context.Context, p streamable.Post) (*streamable.Answer, error) {
	began := time.Now()
	answer, err := a.client.Send(ctx, p)
	if err != nil {
		return nil, err
	}
	hello := p.Body
	if p.Original != nil { // in the new era a server can ask the client on every transport
		hello = p.Original
	}
	answer.Intercept(func(messages iter.Seq2[jsonrpc.Message, error]) iter.Seq2[jsonrpc.Message, error] {
		return func(yield func(jsonrpc.Message, error) bool) {
			for m, err := range messages {
				switch {
				case refuses(m, err):
					m, err = a.discover(ctx, hello, m, err, time.Since(began))
				case m.Result != nil:
					a.inUse.Store(nil)
				}
				if !yield(m, err) {
					return
				}
			}
		}
	})
	return answer, nil
}

// refuses reports whether this is how a server may say that it has no initialize: by
// any JSON-RPC error (2026-07-28, Versioning, "Compatibility Matrix": the code is
// the server's choice), or an HTTP status of the caller's fault. Databricks' own
// refusals are none of these.
func refuses(m jsonrpc.Message, err error) bool {
	status, ok := errors.AsType[*streamable.StatusError](err)
	return m.Error != nil || ok && status.Status >= 400 && status.Status < 500
}

// probeTimeout is how long server/discover may take beside twice the time that the
// refusal took: some servers never answer a method that they do not know, and the
// client waits for the refusal.
const probeTimeout = time.Second

// discover asks the server whether it speaks the new era, and if so returns the
// answer to the client's initialize; otherwise the refusal that it is called with,
// which took the time given. It returns another error where the question could not be
// carried.
func (a *Translator) discover(ctx context.Context, hello []byte, refused jsonrpc.Message, cause error, took time.Duration) (jsonrpc.Message, error) {
	m, err := jsonrpc.Parse(hello)
	if err != nil {
		return refused, cause
	}
	t := newTranslation(a, m)
	brief, cancel := context.WithTimeout(ctx, probeTimeout+2*took)
	defer cancel()
	found, err := t.ask(brief, mcp.Discover, "")
	if _, worded := errors.AsType[*refusal.Error](err); err != nil && (ctx.Err() != nil || worded && passing(err)) {
		return jsonrpc.Message{}, err
	}
	if err != nil || !slices.ContainsFunc(texts(found.Result, "supportedVersions"), t.speaks) {
		a.log.Debug("the server refuses initialize and does not answer server/discover", "err", err)
		return refused, cause
	}
	t.capabilities = jsonrpc.Value(found.Result, "capabilities")
	if t.capabilities == nil {
		t.capabilities = []byte("{}")
	}
	if a.buffered() {
		t.capabilities = withoutNotices(t.capabilities)
	}
	a.inUse.Store(t)
	a.log.Info("translating messages: the server speaks no revision that the client could", "server", t.version,
		"client", jsonrpc.Text(m.Params, "protocolVersion"), "switch", "--era pass")
	return jsonrpc.Parse(jsonrpc.Result(m.ID, t.initializeResult(m, found.Result)))
}

func (t *translation) speaks(version string) bool { return version == t.version }

// texts returns the strings of the array at path.
func texts(raw []byte, path ...string) []string {
	var all []string
	for _, element := range jsonrpc.Elements(jsonrpc.Value(raw, path...)) {
		all = append(all, jsonrpc.Text(element))
	}
	return all
}

// initializeResult is what a server of the old era would answer that is as the
// DiscoverResult says.
func (t *translation) initializeResult(hello jsonrpc.Message, found []byte) []byte {
	version := jsonrpc.Text(hello.Params, "protocolVersion")
	if !mcp.IsHandshake(version) {
		version = mcp.LastHandshake
	}
	server := jsonrpc.Value(found, "_meta", mcp.MetaServerInfo)
	if server == nil { // which is optional there and required here
		server = []byte(`{"name":"unnamed","version":"unknown"}`)
	}
	result := fmt.Appendf(nil, `{"protocolVersion":"%s","capabilities":%s,"serverInfo":%s}`, version, t.capabilities, server)
	if instructions := jsonrpc.Value(found, "instructions"); instructions != nil {
		result = jsonrpc.Set(result, instructions, "instructions")
	}
	return result
}

// withoutNotices takes the promises of notifications out of a server's capabilities,
// for a transport that cannot deliver them.
func withoutNotices(capabilities []byte) []byte {
	for _, path := range [][]string{
		{"tools", "listChanged"}, {"prompts", "listChanged"}, {"resources", "listChanged"}, {"resources", "subscribe"},
	} {
		capabilities = jsonrpc.Remove(capabilities, path...)
	}
	return capabilities
}
