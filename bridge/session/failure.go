package session

import (
	"errors"
	"io"
	"strings"
	"time"

	"ucbridge/bridge/mcp"
	"ucbridge/bridge/refusal"
	"ucbridge/bridge/requesttrace"
	"ucbridge/bridge/streamable"
)

// failure puts into words why a request got no answer. err is what ended its
// exchange, nil where the server simply gave none; cause is that of the
// exchange's context.
func failure(c *call, err, cause error, limits *timeouts) *refusal.Error {
	var worded *refusal.Error
	var status *streamable.StatusError
	var large *streamable.TooLargeError
	var cut *streamable.CutError
	switch {
	case errors.Is(cause, errDeadline) && c.method == mcp.Initialize && errors.As(err, &worded):
		return warned(c, worded) // what kept it from being answered in time
	case errors.Is(cause, errDeadline) && c.method == mcp.Initialize:
		return retryable(refusal.New(refusal.ConnectTimeout, "The MCP server did not answer initialize within %s.", timeoutText(limits.connect)))
	case errors.Is(cause, errDeadline) && c.method == mcp.Discover:
		return retryable(refusal.New(refusal.ConnectTimeout, "The MCP server did not answer within %s.", timeoutText(limits.connect)))
	case errors.Is(cause, errDeadline):
		return refusal.New(refusal.CallTimeout, "No answer within %s.%s", timeoutText(limits.call), caution(c)).
			WithHint("add --call-timeout 30m, or 0 for none")
	case errors.Is(cause, errIdle):
		return refusal.New(refusal.CallTimeout, "Nothing came from the server for %s.%s", timeoutText(limits.idle), caution(c)).
			WithHint("add --call-idle-timeout 5m, or 0 for none")
	case errors.Is(cause, errClosing):
		return refusal.New(refusal.BridgeClosing, "The bridge is closing.%s", caution(c))
	case len(c.exchange.strays) > 0 && (err == nil || errors.As(err, &cut)):
		return refusal.New(refusal.NoAnswer, "The server answered with the id %s, which no request in flight has.%s",
			refusal.Quote(string(c.exchange.strays[0].ID)), caution(c))
	case errors.As(err, &cut):
		return interrupted(c, cut)
	case errors.As(err, &worded):
		return warned(c, worded)
	case errors.As(err, &status):
		return status.Refuse(caution(c), c.method != mcp.CallTool)
	case errors.As(err, &large):
		return refusal.New(refusal.MessageTooLarge, "The answer is larger than %d bytes.%s", large.Limit, caution(c)).
			WithHint("ucbridge stdio --max-message 256MiB")
	case isMalformed(err):
		return refusal.New(refusal.BadAnswer, "The answer is not a JSON-RPC message.%s", caution(c)).Because(err)
	case err == nil:
		return refusal.New(refusal.NoAnswer, "The server accepted the request and gave no answer.%s", caution(c))
	default: // a stream cut, or the connection under it
		return interrupted(c, err)
	}
}

func interrupted(c *call, err error) *refusal.Error {
	if requesttrace.Dead(err) {
		e := refusal.New(refusal.ConnectionCut, "The connection is dead: the other side no longer answers at all.%s", caution(c)).
			WithHint("check the network and the VPN; the next call opens a new connection")
		e.Data.Retryable = c.method != mcp.CallTool
		return e.Because(err)
	}
	what := "The connection broke"
	if errors.Is(err, io.EOF) {
		what = "The server's stream ended"
	}
	e := refusal.New(refusal.ConnectionCut, "%s before the answer was complete.%s", what, caution(c))
	e.Data.Retryable = c.method != mcp.CallTool
	return e.Because(err)
}

// warned has a refusal that was met on the way carry the warning where this call needs
// it, and not elsewhere: who words such a refusal does not know what was sent, and one of
// the handshake answers calls that never left.
func warned(c *call, e *refusal.Error) *refusal.Error {
	needed := caution(c)
	if needed == "" {
		return e.Unwarned()
	}
	fitting := *e
	if e.MayHaveRun() && !strings.Contains(e.Message, "may have run") {
		fitting.Message += needed
		fitting.Data.Retryable = false
	}
	return &fitting
}

// caution is the warning for a method that may have done something, once it was sent.
func caution(c *call) string {
	if c.method == mcp.CallTool && c.exchange.fate.Load() == begun {
		return " " + refusal.CheckFirst
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

// timeoutText is a duration as people write it.
func timeoutText(d time.Duration) string { return d.Round(time.Millisecond).String() }

// waitText says when to try again.
func waitText(wait time.Duration) string {
	if wait <= 0 {
		return "in a moment"
	}
	return "in " + wait.Round(time.Second).String()
}
