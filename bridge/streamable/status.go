package streamable

import (
	"fmt"
	"io"
	"net/http"
	"strings"

	"ucbridge/bridge/jsonrpc"
	"ucbridge/bridge/refusal"
)

// StatusError is an answer that holds no JSON-RPC message: an upstream's plain
// refusal, an HTML page, an empty body where a message was due.
type StatusError struct {
	Status      int
	ContentType string
	Body        string // the first bytes, as they came, but for secrets
	// Refusal is what the answer means, in words for people; nil where the round
	// tripper does not explain it.
	Refusal *refusal.Error
}

// Explainer is a round tripper that knows whom it asks, and can say what an answer
// of status 300 and above means that holds no message. body is its beginning.
type Explainer interface {
	Explain(resp *http.Response, body []byte) *refusal.Error
	// Mask takes out of words of the other side what requests carry and nobody is to see.
	Mask(words string) string
}

func (e *StatusError) Error() string {
	return fmt.Sprintf("HTTP %d with content type %q and no JSON-RPC message", e.Status, e.ContentType)
}

// excerptSize bounds how much of a faulty answer is kept for its error.
const excerptSize = 4 << 10

func (c *Client) statusError(resp *http.Response) *StatusError {
	body, _ := io.ReadAll(io.LimitReader(resp.Body, excerptSize)) // what could be read is what there is to quote
	return NewStatusError(c.RoundTripper, resp, body)
}

// NewStatusError returns the error for an answer that came by the round tripper, with
// that body.
func NewStatusError(by http.RoundTripper, resp *http.Response, body []byte) *StatusError {
	if len(body) > excerptSize {
		body = body[:excerptSize]
	}
	e := &StatusError{Status: resp.StatusCode, ContentType: resp.Header.Get("Content-Type"), Body: string(body)}
	explainer, ok := by.(Explainer)
	if !ok {
		return e
	}
	e.Body = explainer.Mask(e.Body)
	if e.Status >= http.StatusMultipleChoices {
		e.Refusal = explainer.Explain(resp, body)
	}
	return e
}

// Refused returns the error for an answer whose message is a refusal in these words by
// somebody who does not know the request: what its status would mean without a message.
func (a *Answer) Refused(words string) *StatusError {
	if a.resp == nil {
		return &StatusError{Status: a.Status, Body: words}
	}
	return NewStatusError(a.client.RoundTripper, a.resp, []byte(words))
}

// Refuse puts the answer into words for the client whose request it should have
// answered. caution is added where the request may have been carried out; it begins
// with a space, or is empty where nothing can have happened. repeatable says whether a
// request may be sent again that the server has failed at.
func (e *StatusError) Refuse(caution string, repeatable bool) *refusal.Error {
	page := strings.Contains(e.ContentType, "html")
	var r refusal.Error
	switch {
	case e.Status == http.StatusBadRequest && strings.HasPrefix(e.Body, "JSON RPC not handled:"):
		// The go-sdk says so in plain text to a method that it does not know (seen with
		// 1.7 and 1.8); over stdio the same servers answer with the code.
		r = *refusal.New(refusal.UpstreamError, "The MCP server does not know this method.")
		r.Code = jsonrpc.CodeMethodNotFound
	case e.Refusal != nil:
		r = *e.Refusal
		if e.Status >= http.StatusInternalServerError {
			r.Message += caution
			r.Data.Retryable = r.Data.Retryable && repeatable
		}
		return &r
	case e.Status < 300 && page:
		r = *refusal.New(refusal.BadAnswer, "The server answered with a web page instead of a JSON-RPC message.%s", caution)
	case e.Status < 300 && e.Body == "":
		r = *refusal.New(refusal.NoAnswer, "The server answered with an empty body.%s", caution)
	case e.Status < 300:
		r = *refusal.New(refusal.BadAnswer, "The server answered with something that is not a JSON-RPC message.%s", caution)
	default:
		r = *refusal.New(upstreamReason(e.Status), "The MCP server answered HTTP %d.", e.Status)
	}
	r.Data.HTTPStatus = e.Status
	if !page {
		r.Data.Detail = refusal.Quote(e.Body)
	}
	return &r
}

// upstreamReason is what a status means where the transport does not explain it.
func upstreamReason(status int) refusal.Reason {
	switch status {
	case http.StatusUnauthorized:
		return refusal.UpstreamUnauthorized
	case http.StatusForbidden:
		return refusal.UpstreamForbidden
	case http.StatusNotFound:
		return refusal.UpstreamNotFound
	}
	return refusal.UpstreamError
}
