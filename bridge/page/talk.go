package page

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"

	"ucbridge/bridge/jsonrpc"
	"ucbridge/bridge/streamable"
)

// talk is a conversation with one MCP server, in the name of who asks for a page
// and for that page only.
type talk struct {
	client streamable.Client
	conv   streamable.Conversation
	asked  int

	// server is what the server calls itself.
	server struct{ Name, Title, Version string }
	// tools reports whether it has any.
	hasTools bool
}

// revision is the newest that begins with a handshake. The server may choose an
// older one.
const revision = "2025-11-25"

// credentials are the headers by which the gateway's door knows a caller.
var credentials = []string{"Authorization", "X-Forwarded-Access-Token"}

// begin shakes hands with a server.
func (v *visit) begin(ctx context.Context, s Server) (*talk, error) {
	t := &talk{client: streamable.Client{
		URL:          &url.URL{Scheme: "http", Host: v.r.Host, Path: unescaped(s.Path)},
		RoundTripper: inside{v.asVisitor},
		MaxMessage:   v.Gateway.MaxMessage,
	}}
	answer, err := t.ask(ctx, "initialize", fmt.Appendf(nil,
		`{"protocolVersion":%q,"capabilities":{},"clientInfo":{"name":"ucbridge-page","title":"ucbridge page","version":"1"}}`, revision))
	if err != nil {
		return t, err
	}
	var hello struct {
		ProtocolVersion string
		Capabilities    struct{ Tools *struct{} }
		ServerInfo      struct{ Name, Title, Version string }
	}
	if err := json.Unmarshal(answer.Result, &hello); err != nil {
		return t, fmt.Errorf("reading the answer to initialize: %w", err)
	}
	t.conv.Version, t.server, t.hasTools = hello.ProtocolVersion, hello.ServerInfo, hello.Capabilities.Tools != nil
	return t, t.tell(ctx, `{"jsonrpc":"2.0","method":"notifications/initialized"}`)
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

// ask sends a request and returns its response. The error may be a *refused,
// which holds the response of a server, or the gateway, that refused.
func (t *talk) ask(ctx context.Context, method string, params []byte) (jsonrpc.Message, error) {
	t.asked++
	id := strconv.Itoa(t.asked)
	body := fmt.Appendf(nil, `{"jsonrpc":"2.0","id":%s,"method":%q`, id, method)
	if params != nil {
		body = append(append(body, `,"params":`...), params...)
	}
	answer, err := t.client.Send(ctx, streamable.Post{Conversation: t.conv, Body: append(body, '}')})
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

// cancel tells the server that nobody waits any more for the last request.
func (t *talk) cancel(ctx context.Context) {
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
		answer, err := t.ask(ctx, "tools/list", params)
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
