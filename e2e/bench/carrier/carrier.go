// Package carrier posts MCP messages to a Databricks workspace with as little
// work as that takes. It reads nothing in a message, and of an answer only the
// session that it opens. The relay called floor and the client without a bridge
// are made of it.
package carrier

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"sync/atomic"
)

// Carrier posts messages through one Unity Catalog connection. It is safe for
// concurrent use.
type Carrier struct {
	url, token string
	connection string
	wraps      bool // messages go in the envelope of external-function
	transport  *http.Transport
	opening    atomic.Pointer[opening]
}

// opening is what stands in front of every message, made once per session.
type opening struct {
	session  string
	envelope string
}

// New returns a carrier to the named connection of a workspace, by route "proxy",
// "mcp-external" or "external-function".
func New(workspace, token, connection, route string) (*Carrier, error) {
	c := &Carrier{
		token: token, connection: connection,
		transport: &http.Transport{MaxIdleConnsPerHost: 512, DisableCompression: true},
	}
	switch route {
	case "proxy":
		c.url = workspace + "/api/2.0/unity-catalog/connections/" + connection + "/proxy"
	case "mcp-external":
		c.url = workspace + "/api/2.0/mcp/external/" + connection
	case "external-function":
		c.url, c.wraps = workspace+"/api/2.0/external-function", true
	default:
		return nil, fmt.Errorf("no route %q", route)
	}
	c.open("")
	return c, nil
}

func (c *Carrier) open(session string) {
	headers := `\"Accept\":\"application/json, text/event-stream\",\"Content-Type\":\"application/json\"`
	if session != "" {
		headers += `,\"Mcp-Session-Id\":\"` + session + `\"`
	}
	c.opening.Store(&opening{session, `{"connection_name":"` + c.connection +
		`","method":"POST","path":"/","headers":"{` + headers + `}","json":"`})
}

// Post sends one message and returns the answer, whose body the caller closes.
// What answers initialize names the session of all later messages.
func (c *Carrier) Post(ctx context.Context, message []byte) (*http.Response, error) {
	o := c.opening.Load()
	body := message
	if c.wraps {
		body = wrap(o.envelope, message)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.url, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	req.Header["Authorization"] = []string{"Bearer " + c.token}
	req.Header["Content-Type"] = []string{"application/json"}
	if !c.wraps {
		req.Header["Accept"] = []string{"application/json, text/event-stream"}
		if o.session != "" {
			req.Header["Mcp-Session-Id"] = []string{o.session}
		}
	}
	resp, err := c.transport.RoundTrip(req)
	if err == nil && o.session == "" {
		if session := resp.Header.Get("Mcp-Session-Id"); session != "" {
			c.open(session)
		}
	}
	return resp, err
}

// Close closes idle connections.
func (c *Carrier) Close() { c.transport.CloseIdleConnections() }

// wrap quotes message into the envelope. A line of JSON has only two characters
// that need it, unless it has tabs between its tokens, and these have none.
func wrap(envelope string, message []byte) []byte {
	out := make([]byte, 0, len(envelope)+len(message)+len(message)/8+64)
	out = append(out, envelope...)
	from := 0
	for i, b := range message {
		if b == '"' || b == '\\' {
			out = append(append(out, message[from:i]...), '\\')
			from = i
		}
	}
	return append(append(out, message[from:]...), `"}`...)
}
