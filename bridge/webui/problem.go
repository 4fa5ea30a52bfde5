package webui

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"net/url"
	"strings"
	"unicode"
	"unicode/utf8"

	"ucbridge/bridge/jsonrpc"
	"ucbridge/bridge/refusal"
	"ucbridge/bridge/streamable"
)

// Problem is what went wrong, and what to do, as a page shows it.
type Problem struct {
	Message string
	// Hint says what to do. What can be pasted, or opened, of it stands in
	// Command and Link, and "" where there is no such thing.
	Hint, Command, Link string
	// Reason, RequestID and Detail are for whoever is asked for help.
	Reason, RequestID, Detail string
}

// problemOf words an error for the visitor of that name.
func (p *Page) problemOf(err error, name string) *Problem {
	if own, ok := errors.AsType[*refusal.Error](err); ok {
		return p.worded(own.Message, own.Data, name)
	}
	if r, ok := errors.AsType[*refused](err); ok {
		return p.refusalOf(r.response, name)
	}
	if status, ok := errors.AsType[*streamable.StatusError](err); ok {
		return &Problem{Message: "The server does not answer in MCP.", Detail: refusal.Quote(status.Error() + ": " + status.Body)}
	}
	if _, ok := errors.AsType[*streamable.TooLargeError](err); ok {
		return &Problem{Message: "The server's answer is too large.", Detail: err.Error()}
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return &Problem{Message: "The server has not answered in time.", Hint: "It may be starting, or busy: try again."}
	}
	return &Problem{Message: "The server's answer cannot be read.", Detail: refusal.Quote(err.Error())}
}

// refusalOf words an error response. One in the gateway's own words has a hint.
func (p *Page) refusalOf(response jsonrpc.Message, name string) *Problem {
	var e struct {
		Code    json.Number
		Message string
		Data    json.RawMessage
	}
	if json.Unmarshal(response.Error, &e) != nil {
		return &Problem{Message: "The server refused, in a form that cannot be read."}
	}
	var data refusal.Data
	if json.Unmarshal(e.Data, &data) == nil && data.Source == "ucbridge" {
		return p.worded(e.Message, data, name)
	}
	return &Problem{Message: "The server refused: " + cmp.Or(refusal.Quote(e.Message), "it does not say why"), Reason: e.Code.String()}
}

// worded takes the words of the gateway. Somebody else may have sent them in its
// form: a link is one only where it leads to the workspace, and a command only
// where it is one of ours.
func (p *Page) worded(message string, data refusal.Data, name string) *Problem {
	t := &Problem{Message: message, Hint: refusal.ForUser(sentence(data.Hint), name), Reason: string(data.Reason), RequestID: data.RequestID, Detail: data.Detail}
	for _, before := range []string{"run: ", "with: "} {
		if words, command, found := strings.Cut(t.Hint, before); found && isOurs(command) {
			t.Hint, t.Command = words+before, command
			return t
		}
	}
	for word := range strings.FieldsSeq(t.Hint) {
		if u, err := url.Parse(word); err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.Host == p.opts.Workspace() && u.Host != "" {
			t.Link = u.String()
			return t
		}
	}
	return t
}

// isOurs reports whether a command is of a kind that the gateway's hints have, and a single
// one: a statement for the workspace, or a line in which a shell finds no other command and
// writes to no file.
func isOurs(command string) bool {
	if strings.HasPrefix(command, "GRANT ") { // whose names stand between backquotes
		return !strings.ContainsAny(command, ";|&$\n\r")
	}
	for _, program := range []string{"databricks ", "ucbridge ", "az login"} {
		if strings.HasPrefix(command, program) {
			return !strings.ContainsAny(command, ";|&$`()<>!\n\r")
		}
	}
	return false
}

// sentence begins a hint as a sentence begins.
func sentence(hint string) string {
	first, size := utf8.DecodeRuneInString(hint)
	if size == 0 {
		return ""
	}
	return string(unicode.ToUpper(first)) + hint[size:]
}
