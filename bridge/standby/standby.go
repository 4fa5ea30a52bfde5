// Package standby is the MCP server that answers for the bridge itself while the
// remote server cannot be reached: an AI client never retries a server that
// failed to start, so initialize is always answered.
//
// It is an mcp-go server driven through HandleMessage. What it says is in the
// bridge's own words; nothing that came over the wire becomes an instruction.
package standby

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"

	"github.com/mark3labs/mcp-go/mcp"
	"github.com/mark3labs/mcp-go/server"

	"ucbridge/bridge/jsonrpc"
)

// StatusTool is the name of the one tool that the standby has.
const StatusTool = "ucbridge_status"

// Server answers for a remote that cannot be reached. It is safe for concurrent
// use.
type Server struct {
	version string

	mu    sync.Mutex
	cause *jsonrpc.Error
	mcp   *server.MCPServer // made for the cause, nil until it is needed
}

// New returns a standby that calls itself ucbridge of that version.
func New(version string) *Server { return &Server{version: version} }

// Explain sets the cause that the instructions and the status tool name.
func (s *Server) Explain(cause *jsonrpc.Error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.cause, s.mcp = cause, nil
}

// Answer returns the response to the request m with its id byte for byte, or nil
// where the standby has none: the method is the remote server's, and the caller
// has to try to reach it.
func (s *Server) Answer(ctx context.Context, m jsonrpc.Message) []byte {
	switch m.Method {
	case "initialize", "ping", "tools/list":
	case "tools/call":
		if jsonrpc.Text(m.Params, "name") != StatusTool {
			return nil
		}
	default:
		return nil
	}
	// mcp-go reads ids as float64, so it gets one of ours, and the answer the
	// client's.
	at, ok := jsonrpc.Find(m.Raw, "id")
	if !ok {
		return nil
	}
	raw, err := json.Marshal(s.server().HandleMessage(ctx, jsonrpc.Splice(m.Raw, at, []byte("1"))))
	if err != nil {
		return jsonrpc.NewError("standby_failed", "The bridge could not answer for itself.").Response(m.ID)
	}
	answer := jsonrpc.Message{Raw: raw}
	return answer.WithID(m.ID)
}

func (s *Server) server() *server.MCPServer {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.mcp != nil {
		return s.mcp
	}
	cause := s.cause
	s.mcp = server.NewMCPServer("ucbridge", s.version,
		server.WithToolCapabilities(true),
		server.WithInstructions(instructions(cause)))
	s.mcp.AddTool(mcp.NewTool(StatusTool,
		mcp.WithDescription("Tells whether the MCP server behind ucbridge can be reached, why not, and what to do about it."),
		mcp.WithReadOnlyHintAnnotation(true),
		mcp.WithDestructiveHintAnnotation(false),
		mcp.WithIdempotentHintAnnotation(true),
		mcp.WithOpenWorldHintAnnotation(false),
	), func(context.Context, mcp.CallToolRequest) (*mcp.CallToolResult, error) {
		return mcp.NewToolResultText(report(cause)), nil
	})
	return s.mcp
}

func instructions(cause *jsonrpc.Error) string {
	return fmt.Sprintf("When this session began, ucbridge could not reach the MCP server it stands for. %s\n"+
		"Its tools appear as soon as it can be reached; nothing has to be restarted. The tool %s tells the state at any time.",
		report(cause), StatusTool)
}

// report says the state, the cause and the one thing to do.
func report(cause *jsonrpc.Error) string {
	if cause == nil {
		return "State: not connected yet."
	}
	text := fmt.Sprintf("State: the MCP server cannot be reached.\nCause: %s (%s)", cause.Message, cause.Data.Reason)
	if cause.Data.Hint != "" {
		text += "\nWhat to do: " + cause.Data.Hint
	}
	if cause.Data.RequestID != "" {
		text += "\nDatabricks request id: " + cause.Data.RequestID
	}
	return text
}
