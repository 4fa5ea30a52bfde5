package standby

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"

	mcpgo "github.com/mark3labs/mcp-go/mcp"
	"github.com/mark3labs/mcp-go/server"

	"ucbridge/bridge/jsonrpc"
	"ucbridge/bridge/mcp"
	"ucbridge/bridge/refusal"
)

// Status answers a call of the standby's tool with the state of this moment. stale says
// that the client has not read the list of tools since the server came back.
func (s *Server) Status(request jsonrpc.Message, stale bool) []byte {
	s.mu.Lock()
	cause := s.cause
	s.mu.Unlock()
	text := s.report(cause)
	if cause == nil && stale {
		text += "\nThis client has not read the list of tools since, and may still show the old one." +
			"\nWhat to do: if tools are missing, begin a new session"
	}
	raw, err := json.Marshal(mcpgo.NewToolResultText(text))
	if err != nil { // it is made of text alone
		panic(err)
	}
	return jsonrpc.Result(request.ID, raw)
}

// own lets the mcp-go server answer. It reads ids as float64, so it gets one of
// ours, and the answer the client's.
func (s *Server) own(ctx context.Context, request jsonrpc.Message) []byte {
	raw, err := json.Marshal(s.server().HandleMessage(ctx, jsonrpc.Set(request.Raw, []byte("1"), "id")))
	if err != nil {
		return refusal.New(refusal.StandbyFailed, "The bridge could not answer for itself.").Response(request.ID)
	}
	if code := string(jsonrpc.Value(raw, "error", "code")); code == strconv.Itoa(jsonrpc.CodeInvalidRequest) { // in words about Go's types
		return jsonrpc.ErrorResponse(request.ID, fmt.Appendf(nil, `{"code":%d,"message":"The parameters of %s are not what MCP defines."}`, mcp.CodeInvalidParams, request.Method))
	}
	return jsonrpc.Set(raw, request.ID, "id")
}

func (s *Server) server() *server.MCPServer {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.mcp != nil {
		return s.mcp
	}
	cause := s.cause
	s.mcp = server.NewMCPServer("ucbridge", s.opts.Version,
		server.WithToolCapabilities(true), server.WithPromptCapabilities(true), server.WithResourceCapabilities(false, true),
		server.WithInstructions(s.instructions(cause)))
	s.mcp.AddTool(mcpgo.NewTool(StatusTool,
		mcpgo.WithDescription("Tells whether the MCP server behind ucbridge can be reached, why not, and what to do about it."),
		mcpgo.WithReadOnlyHintAnnotation(true),
		mcpgo.WithDestructiveHintAnnotation(false),
		mcpgo.WithIdempotentHintAnnotation(true),
		mcpgo.WithOpenWorldHintAnnotation(false),
	), func(context.Context, mcpgo.CallToolRequest) (*mcpgo.CallToolResult, error) {
		return mcpgo.NewToolResultText(s.report(cause)), nil
	})
	return s.mcp
}

// instructions say what was true when the session began, and where to learn what
// is true now: a client reads them once.
func (s *Server) instructions(cause *refusal.Error) string {
	return fmt.Sprintf("When this session began, ucbridge could not reach the MCP server it stands for.\n%s\n"+
		"The server's tools appear as soon as it can be reached; a client that does not show them then needs a new session. "+
		"The tool %s tells the state at any time.",
		s.report(cause), StatusTool)
}

// report says the state, the cause and the one thing to do.
func (s *Server) report(cause *refusal.Error) string {
	place := ""
	if s.opts.Place != nil {
		place = "\nServer: " + s.opts.Place()
	}
	if cause == nil {
		return "State: connected. The MCP server can be reached; its tools work." + place
	}
	return "State: the MCP server cannot be reached." + place + "\nCause: " + cause.Text()
}
