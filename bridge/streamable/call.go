package streamable

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"ucbridge/bridge/jsonrpc"
	"ucbridge/bridge/mcp"
)

// ErrNoResponse says that an answer ended without the response to the request in it.
var ErrNoResponse = errors.New("the server's answer holds no response")

// Reply is the response to a request of the bridge's own.
type Reply struct {
	jsonrpc.Message
	// Status is the HTTP status of the answer.
	Status int
	// Session is the session that the server opened with the answer, "" for none.
	Session string
}

// NewRequest makes a request; params is a JSON object, nil for none. The error says
// that an argument is not what it must be.
func NewRequest(id jsonrpc.ID, method string, params []byte) (jsonrpc.Message, error) {
	raw := append([]byte(`{"jsonrpc":"2.0","id":`), id...)
	raw, err := jsontext.AppendQuote(append(raw, `,"method":`...), method)
	if err != nil {
		return jsonrpc.Message{}, fmt.Errorf("making a request: %w", err)
	}
	if params != nil {
		raw = append(append(raw, `,"params":`...), params...)
	}
	m, err := jsonrpc.Parse(append(raw, '}'))
	if err != nil {
		return jsonrpc.Message{}, fmt.Errorf("making a request: %w", err)
	}
	return m, nil
}

// Call sends one request of the bridge's own under the given headers and returns the
// response, which may be an error of the server's. What else the server says
// meanwhile is dropped. Its error is that of [Client.Send] or [Answer.Messages], or
// [ErrNoResponse].
func (c *Client) Call(ctx context.Context, conv Conversation, request jsonrpc.Message, header map[string]string) (Reply, error) {
	answer, err := c.Send(ctx, Post{
		Conversation: conv, Body: request.Raw, Header: header, Final: mcp.Revision(request) != "",
	})
	if err != nil {
		return Reply{}, err
	}
	defer answer.Finish()
	reply := Reply{Status: answer.Status, Session: answer.Session}
	others := 0
	for m, err := range answer.Messages() {
		switch {
		case err != nil:
			return reply, err
		case !m.IsResponse():
		case request.ID.Means(m.ID):
			answer.Settle()
			reply.Message = m
			return reply, nil
		default:
			reply.Message = m
			others++
		}
	}
	if others != 1 { // one POST, one response: it is the request's, whatever its id
		return Reply{Status: reply.Status, Session: reply.Session}, ErrNoResponse
	}
	return reply, nil
}

// Sleep waits for d, or until ctx is done, whose cause it then returns.
func Sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
