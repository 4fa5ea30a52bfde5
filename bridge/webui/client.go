package webui

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"

	"ucbridge/bridge/gateway"
	"ucbridge/bridge/inprocess"
	"ucbridge/bridge/jsonrpc"
	"ucbridge/bridge/mcp"
	"ucbridge/bridge/streamable"
)

// mcpClient speaks to one MCP server in the name of whoever asks for a page, and for
// that page only. It is for one goroutine.
type mcpClient struct {
	wire    streamable.Client
	conv    streamable.Conversation
	headers streamable.Headers
	lastID  int
	// modern says that each request has to tell who asks, in place of a handshake.
	modern bool

	// server is what the server calls itself.
	server implementation
	// hasTools reports whether it has any.
	hasTools bool
}

// implementation is an MCP Implementation.
type implementation struct{ Name, Title, Version string }

// What the page says of itself to a server.
const (
	self           = `{"name":"ucbridge-page","title":"ucbridge page","version":"1"}`
	noCapabilities = `{}`
)

// credentials are the headers by which the gateway knows a caller.
var credentials = []string{"Authorization", "X-Forwarded-Access-Token"}

// connect performs the handshake with a server: initialize, or server/discover where
// the server refuses that.
func (q *request) connect(ctx context.Context, s Server) (*mcpClient, error) {
	c := &mcpClient{wire: streamable.Client{
		URL:          &url.URL{Scheme: "http", Host: q.r.Host, Path: gateway.Unescaped(s.Path)},
		RoundTripper: inprocess.Transport{Handler: q.asVisitor, Log: q.page.opts.Log},
		MaxMessage:   q.page.opts.MaxMessage,
		Own:          true, // the gateway of this process has renamed what is not its own
	}}
	err := c.initialize(ctx)
	if r, ok := errors.AsType[*refused](err); ok && r.knowsNoHandshake() {
		c.modern, c.conv = true, streamable.Conversation{Version: mcp.Modern}
		err = c.discover(ctx)
	}
	return c, err
}

func (c *mcpClient) initialize(ctx context.Context) error {
	answer, err := c.call(ctx, mcp.Initialize, []byte(`{"protocolVersion":"`+mcp.LastHandshake+`","capabilities":`+noCapabilities+`,"clientInfo":`+self+`}`))
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
	c.conv.Version, c.server, c.hasTools = hello.ProtocolVersion, hello.ServerInfo, hello.Capabilities.Tools != nil
	return c.tell(ctx, []byte(`{"jsonrpc":"2.0","method":"notifications/initialized"}`))
}

func (c *mcpClient) discover(ctx context.Context) error {
	answer, err := c.call(ctx, mcp.Discover, nil)
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
	c.server, c.hasTools = found.Meta.ServerInfo, found.Capabilities.Tools != nil
	return nil
}

// asVisitor hands a message to the gateway, with what the visitor's browser
// showed.
func (q *request) asVisitor(w http.ResponseWriter, r *http.Request) {
	for _, name := range credentials {
		if shown := q.r.Header.Values(name); shown != nil {
			r.Header[name] = shown
		}
	}
	r.RemoteAddr = q.r.RemoteAddr
	q.page.opts.Gateway.ServeMCP(w, r)
}

// call sends a request and returns its response. The error may be a *refused, which
// holds the response of a server, or the gateway, that refused.
func (c *mcpClient) call(ctx context.Context, method string, params []byte) (jsonrpc.Message, error) {
	c.lastID++
	if c.modern {
		params = introduced(params)
	}
	request, err := streamable.NewRequest(jsonrpc.ID(strconv.Itoa(c.lastID)), method, params)
	if err != nil {
		return jsonrpc.Message{}, err
	}
	var header map[string]string
	if c.modern {
		header = c.headers.Of(request)
	}
	reply, err := c.wire.Call(ctx, c.conv, request, header)
	if reply.Session != "" {
		c.conv.Session = reply.Session
	}
	if err == nil && reply.Error != nil {
		err = &refused{reply.Message}
	}
	return reply.Message, err
}

// introduced returns parameters that say who asks, and in which revision.
func introduced(params []byte) []byte {
	if params == nil {
		params = []byte(`{}`)
	}
	for name, value := range map[string]string{
		mcp.MetaRevision: `"` + mcp.Modern + `"`, mcp.MetaClientInfo: self, mcp.MetaCapabilities: noCapabilities,
	} {
		params = jsonrpc.Set(params, []byte(value), "_meta", name)
	}
	return params
}

// tell sends a notification.
func (c *mcpClient) tell(ctx context.Context, message []byte) error {
	answer, err := c.wire.Send(ctx, streamable.Post{Conversation: c.conv, Body: message})
	if err != nil {
		return err
	}
	answer.Close()
	return nil
}

// end ends the session, if there is one. Errors are ignored: the page is rendered.
func (c *mcpClient) end(ctx context.Context) {
	if c.conv.Session == "" {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), endTimeout)
	defer cancel()
	_ = c.wire.Delete(ctx, c.conv)
}

// cancel tells the server that nobody waits any more for the last request. Without
// a session, that the connection was closed says so.
func (c *mcpClient) cancel(ctx context.Context) {
	if c.modern {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), endTimeout)
	defer cancel()
	_ = c.tell(ctx, mcp.Cancellation(jsonrpc.ID(strconv.Itoa(c.lastID)), "nobody waits for the answer"))
}

// refused is an error response.
type refused struct{ response jsonrpc.Message }

func (e *refused) Error() string {
	return "the server refused: " + jsonrpc.Text(e.response.Error, "message")
}

// knowsNoHandshake reports whether a server without initialize may have refused it.
func (e *refused) knowsNoHandshake() bool {
	switch string(jsonrpc.Value(e.response.Error, "code")) {
	case strconv.Itoa(jsonrpc.CodeMethodNotFound), strconv.Itoa(mcp.CodeUnsupportedRevision):
		return true
	}
	return false
}

// listTools returns the server's tools.
func (c *mcpClient) listTools(ctx context.Context) ([]tool, error) {
	if !c.hasTools {
		return nil, nil
	}
	pages := mcp.Pages(func(cursor []byte) ([]byte, error) {
		var params []byte
		if cursor != nil {
			params = fmt.Appendf(nil, `{"cursor":%s}`, cursor)
		}
		answer, err := c.call(ctx, mcp.ListTools, params)
		if err == nil && c.modern {
			answer = c.headers.Admit(answer, func(string, error) {}) // a tool that cannot be called is not shown
		}
		return answer.Result, err
	})
	var all []tool
	for raw, err := range pages {
		if errors.Is(err, mcp.ErrRepeatedCursor) {
			break
		}
		if err != nil {
			return nil, err
		}
		var page struct{ Tools []tool }
		if err := json.Unmarshal(raw, &page); err != nil {
			return nil, fmt.Errorf("reading the answer to tools/list: %w", err)
		}
		all = append(all, page.Tools...)
	}
	return all, nil
}
