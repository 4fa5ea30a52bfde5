package session

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"ucbridge/bridge/jsonrpc"
	"ucbridge/bridge/refusal"
	"ucbridge/bridge/streamable"
)

// mayHaveRun ends the sentence about a request whose answer was lost: an AI
// client must not repeat a write without looking.
const mayHaveRun = " The call may have run; check before repeating it."

// failure puts into words why a request got no answer. err is what ended its
// exchange, nil where the server simply gave none; cause is that of the
// exchange's context.
func (s *Session) failure(f *flight, err, cause error) *refusal.Error {
	var worded *refusal.Error
	var status *streamable.StatusError
	var large *streamable.TooLargeError
	var cut *streamable.CutError
	switch {
	case errors.Is(cause, errDeadline) && f.method == "initialize" && errors.As(err, &worded):
		return worded // what kept it from being answered in time
	case errors.Is(cause, errDeadline) && f.method == "initialize":
		return retryable(refusal.New(refusal.ConnectTimeout, "The MCP server did not answer initialize within %s.", timeoutText(s.ConnectTimeout)))
	case errors.Is(cause, errDeadline) && f.method == "server/discover":
		return retryable(refusal.New(refusal.ConnectTimeout, "The MCP server did not answer within %s.", timeoutText(s.ConnectTimeout)))
	case errors.Is(cause, errDeadline):
		return refusal.New(refusal.CallTimeout, "No answer within %s.%s", timeoutText(s.CallTimeout), ran(f)).
			WithHint("ucbridge stdio --call-timeout 30m, or 0 for none")
	case errors.Is(cause, errIdle):
		return refusal.New(refusal.CallTimeout, "No sign of the server for %s.%s", timeoutText(s.CallIdleTimeout), ran(f)).
			WithHint("ucbridge stdio --call-idle-timeout 5m, or 0 for none")
	case errors.Is(cause, errClosing):
		return refusal.New(refusal.BridgeClosing, "The bridge is closing.%s", ran(f))
	case errors.As(err, &cut):
		return interrupted(f, cut)
	case errors.As(err, &worded):
		return s.offerLink(f, warned(f, worded))
	case errors.As(err, &status):
		return statusFailure(f, status)
	case errors.As(err, &large):
		return refusal.New(refusal.MessageTooLarge, "The answer is larger than %d bytes.%s", large.Limit, ran(f)).
			WithHint("ucbridge stdio --max-message 256MiB")
	case isMalformed(err):
		return detailed(refusal.New(refusal.BadAnswer, "The answer is not a JSON-RPC message.%s", ran(f)), err.Error())
	case err == nil:
		return refusal.New(refusal.NoAnswer, "The server accepted the request and gave no answer.%s", ran(f))
	default: // a stream cut, or the connection under it
		return interrupted(f, err)
	}
}

func interrupted(f *flight, err error) *refusal.Error {
	e := refusal.New(refusal.ConnectionCut, "The connection broke before the answer was whole.%s", ran(f))
	e.Data.Retryable = f.method != "tools/call"
	return detailed(e, err.Error())
}

// warned adds the warning to a refusal of Databricks' that came after the request
// may have reached the server behind it.
func warned(f *flight, e *refusal.Error) *refusal.Error {
	passedOn := e.Data.HTTPStatus >= 500 || e.Data.Reason == refusal.UpstreamUnreachable
	if ran(f) == "" || !passedOn || strings.Contains(e.Message, "may have run") {
		return e
	}
	careful := *e
	careful.Message += ran(f)
	careful.Data.Retryable = false
	return &careful
}

// ran is the warning for a method that may have done something, once it was sent.
func ran(f *flight) string {
	if f.method == "tools/call" && f.exchange.fate.Load() == begun {
		return mayHaveRun
	}
	return ""
}

func retryable(e *refusal.Error) *refusal.Error {
	e.Data.Retryable = true
	return e
}

func detailed(e *refusal.Error, words string) *refusal.Error {
	e.Data.Detail = refusal.Quote(words)
	return e
}

// statusFailure words an HTTP answer without a JSON-RPC message that is not
// Databricks': the upstream's own.
func statusFailure(f *flight, status *streamable.StatusError) *refusal.Error {
	var e *refusal.Error
	page := strings.Contains(status.ContentType, "html")
	switch {
	case status.Status < 300 && page:
		e = refusal.New(refusal.BadAnswer, "The server answered with a web page instead of a JSON-RPC message.%s", ran(f))
	case status.Status < 300 && status.Body == "":
		e = refusal.New(refusal.NoAnswer, "The server answered with an empty body.%s", ran(f))
	case status.Status < 300:
		e = refusal.New(refusal.BadAnswer, "The server answered with something that is not a JSON-RPC message.%s", ran(f))
	case status.Status == http.StatusNotFound:
		e = refusal.New(refusal.UpstreamNotFound, "The MCP server behind the connection answered HTTP 404: the session is gone, or the path is wrong.").
			WithHint("check the connection's base path and --path; restart the client to begin a new session")
	case status.Status == http.StatusUnauthorized || status.Status == http.StatusForbidden:
		e = refusal.New(refusal.UpstreamUnauthorized, "The MCP server behind the connection refused the connection's credential (HTTP %d).", status.Status).
			WithHint("have the owner of the Unity Catalog connection renew its credential")
	case status.Status >= 500:
		e = refusal.New(refusal.UpstreamError, "The MCP server behind the connection answered HTTP %d.%s", status.Status, ran(f))
		e.Data.Retryable = f.method != "tools/call"
	default:
		e = refusal.New(refusal.UpstreamError, "The MCP server behind the connection answered HTTP %d.", status.Status)
	}
	e.Data.HTTPStatus = status.Status
	if !page {
		e.Data.Detail = refusal.Quote(status.Body)
	}
	return e
}

// urlElicitationRequired is the code of MCP 2025-11-25 for "the user must open a
// link first".
const urlElicitationRequired = -32042

// offerLink turns a missing login into a URL elicitation for a client that can
// show one (2025-11-25, Elicitation, "URL Elicitation Required Error"); others
// get the link in the hint.
func (s *Session) offerLink(f *flight, e *refusal.Error) *refusal.Error {
	if e.Data.LoginURL == "" || f.method != "tools/call" {
		return e
	}
	s.mu.Lock()
	hello, version := s.hello, s.conv.Version
	s.mu.Unlock()
	if version < "2025-11-25" || jsonrpc.Value(hello.Params, "capabilities", "elicitation", "url") == nil {
		return e
	}
	offered := *e
	offered.Code = urlElicitationRequired
	offered.Data.Elicitations = []refusal.Elicitation{{
		Mode: "url", ElicitationID: fmt.Sprintf("ucbridge-login-%s", strings.Trim(string(f.id), `"`)),
		URL: e.Data.LoginURL, Message: e.Message,
	}}
	return &offered
}

// timeoutText is a duration as people write it.
func timeoutText(d time.Duration) string { return d.Round(time.Millisecond).String() }
