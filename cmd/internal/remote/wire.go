package remote

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/mark3labs/mcp-go/client/transport"
	"github.com/mark3labs/mcp-go/mcp"

	"ucbridge/bridge/jsonrpc"
	"ucbridge/bridge/refusal"
	"ucbridge/cmd/internal/terminal"
)

// answer is what came back to the last request sent with it in its context.
type answer struct {
	result json.RawMessage
	fault  error // a *refusal.Error of the bridge, or a *Refusal of the server
}

type answerKey struct{}

// complete reports whether there is a result and it is the last: in 2026-07-28 one
// can be a question of the server (multi round-trip requests).
func (a *answer) complete() bool {
	return a.result != nil && jsonrpc.Text(a.result, "resultType") != string(mcp.ResultTypeInputRequired)
}

// wire is mcp-go's transport with an eye on what its client does not hand on: the
// bytes of a result, the data of an error, and the moment a cancel is written.
type wire struct {
	transport.BidirectionalInterface
	cancelled chan struct{}
}

// SendRequest implements transport.Interface.
func (w *wire) SendRequest(ctx context.Context, request transport.JSONRPCRequest) (*transport.JSONRPCResponse, error) {
	last, ok := ctx.Value(answerKey{}).(*answer)
	if !ok {
		last = new(answer)
	}
	*last = answer{}
	response, err := w.BidirectionalInterface.SendRequest(ctx, request)
	switch {
	case err != nil:
		return nil, err
	case response.Error != nil:
		last.fault = worded(response.Error)
	case notCarried(response.Result) != nil:
		last.fault = notCarried(response.Result)
		return transport.NewJSONRPCErrorResponse(request.ID, mcp.INTERNAL_ERROR, last.fault.Error(), nil), nil
	case request.Method == string(mcp.MethodServerDiscover) && !speaksModern(response.Result):
		return transport.NewJSONRPCErrorResponse(request.ID, mcp.METHOD_NOT_FOUND, "no revision without a handshake", nil), nil
	default:
		last.result = response.Result
	}
	return response, nil
}

// speaksModern reports whether a server that answers server/discover speaks a
// revision without a handshake. One can know the method and not the revision;
// mcp-go's client does not look, and would get no further.
func speaksModern(discovered []byte) bool {
	for _, version := range jsonrpc.Elements(jsonrpc.Value(discovered, "supportedVersions")) {
		var text string
		if json.Unmarshal(version, &text) == nil && mcp.IsModernProtocol(text) {
			return true
		}
	}
	return false
}

// SendNotification implements transport.Interface.
func (w *wire) SendNotification(ctx context.Context, notification mcp.JSONRPCNotification) error {
	err := w.BidirectionalInterface.SendNotification(ctx, notification)
	if notification.Method == string(mcp.MethodNotificationCancelled) {
		select {
		case w.cancelled <- struct{}{}:
		default: // nobody waits for a second one
		}
	}
	return err
}

// cancelTimeout bounds the wait for a cancel to be written to the bridge, which
// reads at any time.
const cancelTimeout = 200 * time.Millisecond

// awaitCancel waits for the cancel of a request whose context has ended:
// mcp-go's client sends it on its own time, and the bridge is about to end. A
// request that never left has none.
func (w *wire) awaitCancel() {
	select {
	case <-w.cancelled:
	case <-time.After(cancelTimeout):
	}
}

// Refusal is an error in the server's own words, fit to be shown.
type Refusal struct {
	Code    int
	Message string
	Data    []byte // JSON on one line, empty where there is none
}

func (e *Refusal) Error() string {
	text := fmt.Sprintf("the MCP server answered with an error: %s (code %d)", e.Message, e.Code)
	if len(e.Data) > 0 {
		text += ": " + string(e.Data)
	}
	return text
}

// worded returns an error response as the error it stands for, its words fit to be
// shown. The bridge's own carry data.source "ucbridge".
func worded(e *mcp.JSONRPCErrorDetails) error {
	var raw json.RawMessage
	if e.Data != nil {
		raw, _ = json.Marshal(e.Data) // it came as JSON
	}
	said := &refusal.Error{Code: e.Code, Message: terminal.Line(e.Message)}
	if json.Unmarshal(raw, &said.Data) == nil && said.Data.Source == "ucbridge" {
		said.Message = e.Message
		return shown(said)
	}
	if links := said.Data.Elicitations; e.Code == mcp.URL_ELICITATION_REQUIRED && len(links) > 0 {
		said.Data = refusal.Data{Hint: "open this link, then call again: " + terminal.Line(links[0].URL)}
		return said
	}
	return &Refusal{Code: e.Code, Message: said.Message, Data: []byte(terminal.Line(string(raw)))}
}

// notCarried returns the refusal of the bridge that stands in place of a tool's result,
// nil where the result is the tool's.
func notCarried(result []byte) error {
	if raw := jsonrpc.Value(result, "_meta", refusal.MetaError); raw != nil {
		if e := refusal.Read(raw); e != nil {
			return shown(e)
		}
	}
	return nil
}

// shown makes the words of a refusal fit to be shown: the hint is shown by itself.
func shown(e *refusal.Error) error {
	e.Message, e.Data.Hint = terminal.Line(e.WithoutHint()), terminal.Line(e.Data.Hint)
	return e
}
