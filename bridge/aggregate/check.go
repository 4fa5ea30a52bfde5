package aggregate

import (
	"fmt"

	"ucbridge/bridge/jsonrpc"
	"ucbridge/bridge/mcp"
	"ucbridge/bridge/refusal"
)

// check returns why a request is not what its revision wants, nil where it is.
func (g *memberSet) check(m jsonrpc.Message) *refusal.Error {
	if mcp.Revision(m) == "" {
		g.mu.Lock()
		begun := g.said != nil && g.said.meta == nil
		g.mu.Unlock()
		if begun && m.Method != mcp.Discover || m.Method == "ping" {
			return nil
		}
		return invalid("The request says no revision: begin with initialize, or say it in _meta (%s).", mcp.MetaRevision)
	}
	if e := checkRevision(m); e != nil {
		return e
	}
	if capabilities := jsonrpc.Value(m.Field("_meta"), mcp.MetaCapabilities); len(capabilities) == 0 || capabilities[0] != '{' {
		return invalid("The request lacks %s in _meta.", mcp.MetaCapabilities)
	}
	method, known := mcp.Lookup(m.Method)
	if known && method.Last != "" || m.Method == "tasks/list" || m.Method == "tasks/result" { // gone with 2026-07-28
		return unknownMethod(m.Method)
	}
	return nil
}

// checkRevision refuses a revision that is not known (2026-07-28, Versioning).
func checkRevision(m jsonrpc.Message) *refusal.Error {
	if revision := mcp.Revision(m); revision != "" && revision != mcp.Modern {
		return &refusal.Error{
			Code: mcp.CodeUnsupportedRevision, Message: "The protocol revision is not supported.",
			Data: refusal.Data{Source: refusal.Source, Reason: refusal.RevisionNotCarried, Hint: "one of the supported ones", Supported: []string{mcp.Modern}, Requested: revision},
		}
	}
	return nil
}

func invalid(format string, args ...any) *refusal.Error {
	return &refusal.Error{
		Code: mcp.CodeInvalidParams, Message: fmt.Sprintf(format, args...),
		Data: refusal.Data{Source: refusal.Source, Reason: refusal.InvalidRequest},
	}
}
