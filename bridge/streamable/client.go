// Package streamable is the client side of MCP's Streamable HTTP transport
// (revisions 2025-03-26 to 2026-07-28, "Transports"). [Client.Send] POSTs one message
// and returns an [Answer], a stream of messages; [Client.Listen] is the GET stream
// beside it, [Client.Call] one request of the bridge's own and its response.
//
// It knows nothing of Databricks: it speaks to an ordinary URL through an
// [net/http.RoundTripper], which carries the request wherever it has to go. It keeps
// no session: a [Conversation] says with each message which one it belongs to.
//
// An answer without a message in it is a [StatusError]; one that ends too early is
// resumed where it can be, and a [CutError] elsewhere.
package streamable

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"mime"
	"net/http"
	"net/url"
	"strings"
	"sync"

	"ucbridge/bridge/jsonrpc"
	"ucbridge/bridge/refusal"
	"ucbridge/bridge/requesttrace"
)

// Header names of the transport.
const (
	headerSession = "Mcp-Session-Id"
	headerVersion = "Mcp-Protocol-Version"
	headerResume  = "Last-Event-Id"
)

// Values of headers. Nobody changes them.
var (
	acceptBoth   = []string{"application/json, text/event-stream"}
	acceptStream = []string{"text/event-stream"}
	typeJSON     = []string{"application/json"}
)

// Client speaks Streamable HTTP to one endpoint. It is safe for concurrent use.
type Client struct {
	// URL is the MCP endpoint. Nobody may change it.
	URL *url.URL
	// RoundTripper carries every request. It must not follow redirects.
	RoundTripper http.RoundTripper
	// MaxMessage is the size in bytes beyond which a message of the server is
	// refused instead of being kept in memory.
	MaxMessage int64
	// Own says that the server is the bridge itself, whose errors bear its name. Those
	// of any other are renamed where they do, see [refusal.Disown].
	Own bool
	// Log is told once that messages are changed; nil for nobody.
	Log *slog.Logger
	// Memory serves large answers. Clients that share one hold less; nil for one of the
	// client's own.
	Memory *Memory

	unshared Memory
	renamed  sync.Once
	endings  endings
}

// memory is that of answers.
func (c *Client) memory() *Memory {
	if c.Memory != nil {
		return c.Memory
	}
	return &c.unshared
}

// disown returns a message of the server as the client may see it.
func (c *Client) disown(m jsonrpc.Message, err error) (jsonrpc.Message, error) {
	if err != nil || c.Own {
		return m, err
	}
	disowned := refusal.Disown(m)
	if c.Log != nil && &disowned.Raw[0] != &m.Raw[0] {
		c.renamed.Do(func() { NoteDisowned(c.Log) })
	}
	return disowned, nil
}

// NoteDisowned logs that a server's message was changed by [refusal.Disown].
func NoteDisowned(log *slog.Logger) {
	log.Info("changing a message: a server's error given another name", "why", "it bore the bridge's own, in data.source or _meta")
}

// Conversation names the session and the revision that a request belongs to;
// both are empty before the answer to initialize is known.
type Conversation struct {
	Session string // Mcp-Session-Id, "" where the server gave none
	Version string // MCP-Protocol-Version
}

// Post is one message for the server.
type Post struct {
	Conversation
	// Body is the message; it must not change until the answer is closed.
	Body []byte
	// Original is the message as the client sent it, where Body is an edited one.
	Original []byte
	// Header holds more headers, by canonical name.
	Header map[string]string
	// Final says that a stream that breaks is lost: revision 2026-07-28 has no
	// resumption.
	Final bool
	// Written, if set, is called when the request has been written to the
	// network, by a round tripper that knows package requesttrace, and again when
	// Send is over.
	Written func()
}

// Send POSTs one message and returns as soon as the answer begins. The caller
// must Close the answer. The error is the RoundTripper's, or that of ctx.
//
// The answer lives as long as ctx: cancelling it closes the stream.
func (c *Client) Send(ctx context.Context, p Post) (*Answer, error) {
	traced := ctx
	if p.Written != nil {
		defer p.Written()
		traced = requesttrace.WithWritten(ctx, p.Written)
	}
	req := c.request(traced, http.MethodPost, acceptBoth, p.Conversation)
	req.Header["Content-Type"] = typeJSON
	for name, value := range p.Header {
		req.Header.Set(name, value)
	}
	req.ContentLength = int64(len(p.Body))
	req.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(p.Body)), nil }
	req.Body, _ = req.GetBody()
	resp, err := c.RoundTripper.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	if err := Decode(resp); err != nil {
		return nil, err
	}
	return c.answer(ctx, p, resp), nil
}

// Delete ends the session of conv at the server. A server that does not let
// clients end sessions answers 405, which is not an error; nor is 404, the answer to
// the second of two where a proxy sends a DELETE again, as nginx and varnish do.
func (c *Client) Delete(ctx context.Context, conv Conversation) error {
	resp, err := c.RoundTripper.RoundTrip(c.request(ctx, http.MethodDelete, nil, conv))
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	switch {
	case resp.StatusCode < 300, resp.StatusCode == http.StatusMethodNotAllowed, resp.StatusCode == http.StatusNotFound:
		return nil
	}
	return c.statusError(resp)
}

// request builds a request to the endpoint; it parses nothing, as one is built for
// every message.
func (c *Client) request(ctx context.Context, method string, accept []string, conv Conversation) *http.Request {
	header := make(http.Header, 6)
	if accept != nil {
		header["Accept"] = accept
	}
	of := []string{conv.Session, conv.Version} // one allocation for both
	if conv.Session != "" {
		header[headerSession] = of[:1:1]
	}
	if conv.Version != "" {
		header[headerVersion] = of[1:]
	}
	return (&http.Request{
		Method: method, URL: c.URL, Host: c.URL.Host, Header: header,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
	}).WithContext(ctx)
}

// get opens an event stream: the GET stream of a session, or the rest of a
// broken stream where lastEventID is set.
func (c *Client) get(ctx context.Context, conv Conversation, lastEventID string) (*http.Response, error) {
	req := c.request(ctx, http.MethodGet, acceptStream, conv)
	if lastEventID != "" {
		req.Header.Set(headerResume, lastEventID)
	}
	resp, err := c.RoundTripper.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	if err := Decode(resp); err != nil {
		return nil, err
	}
	if resp.StatusCode != http.StatusOK || mediaType(resp.Header) != "text/event-stream" {
		defer resp.Body.Close()
		return nil, c.statusError(resp)
	}
	return resp, nil
}

func mediaType(h http.Header) string {
	switch given := h.Get("Content-Type"); given { // as most servers write it
	case "application/json", "text/event-stream":
		return given
	}
	kind, _, err := mime.ParseMediaType(h.Get("Content-Type"))
	if err != nil {
		return strings.ToLower(strings.TrimSpace(h.Get("Content-Type")))
	}
	return kind
}
