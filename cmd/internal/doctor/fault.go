package doctor

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"ucbridge/bridge/refusal"
	"ucbridge/cmd/internal/remote"
	"ucbridge/cmd/internal/terminal"
)

// refusedData is the data of a check that Databricks or the bridge refused.
type refusedData struct {
	Reason     refusal.Reason `json:"reason"`
	HTTPStatus int            `json:"httpStatus,omitempty"`
	ErrorCode  string         `json:"errorCode,omitempty"`
	RequestID  string         `json:"requestId,omitempty"`
	Said       string         `json:"said,omitempty"`
}

// saysItAll are the reasons beside which Databricks' own words are no news.
var saysItAll = map[refusal.Reason]bool{
	refusal.ConnectionLoginRequired: true, refusal.ConnectionForbidden: true, refusal.ServiceForbidden: true,
	refusal.ConnectionNotFound: true, refusal.ServiceNotFound: true,
}

// serverRefused is what can be done about an error that the MCP server itself answers.
const serverRefused = "the way to the server works: show its words to whoever runs it; --debug shows each request"

// fault is the finding that an error stands for. The bridge's own errors bring
// the cure along.
func fault(err error) Finding {
	f := Finding{Status: Failed, Err: err}
	refused, ok := errors.AsType[*refusal.Error](err)
	_, isServers := errors.AsType[*remote.Refusal](err)
	switch {
	case ok:
		f.Detail, f.Hint = refused.Message, refused.Data.Hint
		f.Data = refusedData{refused.Data.Reason, refused.Data.HTTPStatus, refused.Data.ErrorCode, refused.Data.RequestID, refused.Data.Detail}
		if said := refused.Data.Detail; said != "" && !saysItAll[refused.Data.Reason] {
			f.Detail = strings.TrimSuffix(f.Detail, ".") + ": " + said
		}
	case isServers:
		f.Detail, f.Hint = terminal.Line(err.Error()), serverRefused
	case errors.Is(err, context.DeadlineExceeded):
		f.Detail, f.Hint = fmt.Sprintf("no answer within %s", checkTimeout), "try again; --debug shows what it waits for"
	default:
		f.Detail = terminal.Line(err.Error())
	}
	return f
}

func failed(format string, args ...any) Finding {
	err := fmt.Errorf(format, args...)
	return Finding{Status: Failed, Detail: terminal.Line(err.Error()), Err: err}
}

// reason is the stable reason of an error, "" where it has none.
func reason(err error) refusal.Reason {
	if refused, ok := errors.AsType[*refusal.Error](err); ok {
		return refused.Data.Reason
	}
	return ""
}
