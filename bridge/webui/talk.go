package webui

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"strconv"

	"github.com/mark3labs/mcp-go/mcp"

	"ucbridge/bridge/jsonrpc"
	"ucbridge/bridge/streamable"
)

// talk is a conversation with one MCP server, in the name of who asks for a page
// and for that page only.
type talk struct {
	client streamable.Client
	conv   streamable.Conversation
	asked  int
	// modern says that each request has to tell who asks, in place of a handshake.
	modern bool

	// server is what the server calls itself.
	server implementation
	// hasTools reports whether it has any.
	hasTools bool
}

// implementation is an MCP Implementation.
type implementation struct{ Name, Title, Version string }

// The newest revision that begins with a handshake, of which the server may choose
// an older one, and the first without.
const (
	lastHandshake  = "2025-11-25"
	firstWithout   = "2026-07-28"
	self           = `{"name":"ucbridge-page","title":"ucbridge page","version":"1"}`
	noCapabilities = `{}`
)

// credentials are the headers by which the gateway's door knows a caller.
var credentials = []string{"Authorization", "X-Forwarded-Access-Token"}

// begin makes the acquaintance of a server.
func (v *visit) begin(ctx context.Context, s Server) (*talk, error) {
	t := &talk{client: streamable.Client{
		URL:          &url.URL{Scheme: "http", Host: v.r.Host, Path: unescaped(s.Path)},
		RoundTripper: inside{v.asVisitor, v.Gateway.Log},
		MaxMessage:   v.Gateway.MaxMessage,
	}}
	err := t.shakeHands(ctx)
	if r, ok := errors.AsType[*refused](err); ok && r.knowsNoHandshake() {
		t.modern, t.conv = true, streamable.Conversation{Version: firstWithout}
		err = t.discover(ctx)
	}
	return t, err
}

func (t *talk) shakeHands(ctx context.Context) error {
	answer, err := t.ask(ctx, "initialize", []byte(`{"protocolVersion":"`+lastHandshake+`","capabilities":`+noCapabilities+`,"clientInfo":`+self+`}`), nil)
	if err != nil {
		return err
	}
	var hello struct {
		ProtocolVersion string
		Capabilities    struct{ Tools *struct{} }
		ServerInfo      implementation
	}
	if err := json.Unmarshal(answer.Result, &hello); err != nil {
		return fmt.Errorf("reading the answer to initialize: %w", err)
	}
	t.conv.Version, t.server, t.hasTools = hello.ProtocolVersion, hello.ServerInfo, hello.Capabilities.Tools != nil
	return t.tell(ctx, `{"jsonrpc":"2.0","method":"notifications/initialized"}`)
}

func (t *talk) discover(ctx context.Context) error {
	answer, err := t.ask(ctx, "server/discover", nil, nil)
	if err != nil {
		return err
	}
	var found struct {
		Capabilities struct{ Tools *struct{} }
		Meta         struct {
			ServerInfo implementation `json:"io.modelcontextprotocol/serverInfo"`
		} `json:"_meta"`
	}
	if err := json.Unmarshal(answer.Result, &found); err != nil {
		return fmt.Errorf("reading the answer to server/discover: %w", err)
	}
	t.server, t.hasTools = found.Meta.ServerInfo, found.Capabilities.Tools != nil
	return nil
}

// asVisitor hands a message to the gateway's door, with what the visitor's browser
// showed.
func (v *visit) asVisitor(w http.ResponseWriter, r *http.Request) {
	for _, name := range credentials {
		if shown := v.r.Header.Values(name); shown != nil {
			r.Header[name] = shown
		}
	}
	r.RemoteAddr = v.r.RemoteAddr
	v.Gateway.ServeMCP(w, r)
}

// ask sends a request and returns its response. schema is that of the tool that is
// called, nil elsewhere. The error may be a *refused, which holds the response of a
// server, or the gateway, that refused.
func (t *talk) ask(ctx context.Context, method string, params, schema []byte) (jsonrpc.Message, error) {
	t.asked++
	id := strconv.Itoa(t.asked)
	post := streamable.Post{Conversation: t.conv, Final: t.modern}
	if t.modern {
		params = introduced(params)
		post.Header = mcp.StandardHeaders(firstWithout, mcp.MCPMethod(method), params)
		if schema != nil {
			maps.Copy(post.Header, mcp.GenerateParamHeaders(&mcp.Tool{RawInputSchema: schema}, params))
		}
	}
	post.Body = fmt.Appendf(nil, `{"jsonrpc":"2.0","id":%s,"method":"%s"`, id, method)
	if params != nil {
		post.Body = append(append(post.Body, `,"params":`...), params...)
	}
	post.Body = append(post.Body, '}')
	answer, err := t.client.Send(ctx, post)
	if err != nil {
		return jsonrpc.Message{}, err
	}
	defer answer.Close()
	if answer.Session != "" {
		t.conv.Session = answer.Session
	}
	for m, err := range answer.Messages() {
		switch {
		case err != nil:
			return m, err
		case !m.IsResponse() || !answers(m.ID, jsonrpc.ID(id)):
			continue // what the server tells meanwhile, or asks though nobody can answer
		case m.Error != nil:
			return m, &refused{m}
		}
		answer.Settle()
		return m, nil
	}
	return jsonrpc.Message{}, errSilent
}

// introduced returns parameters that say who asks, and in which revision.
func introduced(params []byte) []byte {
	if params == nil {
		params = []byte(`{}`)
	}
	for name, value := range map[string]string{
		mcp.MetaKeyProtocolVersion: `"` + firstWithout + `"`, mcp.MetaKeyClientInfo: self, mcp.MetaKeyClientCapabilities: noCapabilities,
	} {
		params = jsonrpc.Set(params, []byte(value), "_meta", name)
	}
	return params
}

// answers reports whether a response of that id is to the request of the other: a
// server may have respelled or lost it.
func answers(got, asked jsonrpc.ID) bool {
	return got == nil || got.IsNull() || got.Is(asked) || asked.Rounds(got)
}

// tell sends a notification.
func (t *talk) tell(ctx context.Context, message string) error {
	answer, err := t.client.Send(ctx, streamable.Post{Conversation: t.conv, Body: []byte(message)})
	if err != nil {
		return err
	}
	answer.Close()
	return nil
}

// end ends the session, if there is one. What the server says to that helps nobody.
func (t *talk) end(ctx context.Context) {
	if t.conv.Session == "" {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), endWait)
	defer cancel()
	_ = t.client.Delete(ctx, t.conv)
}

// cancel tells the server that nobody waits any more for the last request. Without
// a session, that the connection was closed says so.
func (t *talk) cancel(ctx context.Context) {
	if t.modern {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), endWait)
	defer cancel()
	_ = t.tell(ctx, fmt.Sprintf(`{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":%d,"reason":"nobody waits for the answer"}}`, t.asked))
}

var (
	errSilent  = errors.New("the server's answer holds no response")
	errEndless = errors.New("the server's list of tools has no end")
)

// refused is an error response.
type refused struct{ response jsonrpc.Message }

func (e *refused) Error() string {
	return "the server refused: " + jsonrpc.Text(e.response.Error, "message")
}

// knowsNoHandshake reports whether a server without initialize may have refused it.
func (e *refused) knowsNoHandshake() bool {
	switch string(jsonrpc.Value(e.response.Error, "code")) {
	case strconv.Itoa(mcp.METHOD_NOT_FOUND), strconv.Itoa(mcp.UNSUPPORTED_PROTOCOL_VERSION):
		return true
	}
	return false
}

// mostPages is how many pages of a list are asked for.
const mostPages = 50

// list returns the server's tools.
func (t *talk) list(ctx context.Context) ([]tool, error) {
	if !t.hasTools {
		return nil, nil
	}
	var all []tool
	var params []byte
	for range mostPages {
		answer, err := t.ask(ctx, "tools/list", params, nil)
		if err != nil {
			return nil, err
		}
		var page struct {
			Tools      []tool
			NextCursor *string
		}
		if err := json.Unmarshal(answer.Result, &page); err != nil {
			return nil, fmt.Errorf("reading the answer to tools/list: %w", err)
		}
		all = append(all, page.Tools...)
		if page.NextCursor == nil {
			return all, nil
		}
		cursor, err := json.Marshal(page.NextCursor)
		if err != nil {
			return nil, err
		}
		params = fmt.Appendf(nil, `{"cursor":%s}`, cursor)
	}
	return nil, errEndless
}
