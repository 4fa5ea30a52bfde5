package emulator

import (
	"context"
	"log/slog"
	"net/http"
	"sync"

	"github.com/mark3labs/mcp-go/mcp"
	"github.com/mark3labs/mcp-go/server"
)

// sample is an MCP server with tools like GitHub's, over a small data set in
// memory. mcp-go's MCPServer answers the messages; the HTTP handler in front of it
// is the workspace's own for the revisions with sessions, because mcp-go's loses
// about half of the notifications a tool sends while its answer is under way,
// and mcp-go's for revision 2026-07-28, which has none.
//
// Its tools, beside GitHub's search_repositories, list_issues,
// get_file_contents and create_issue:
//
//	close_issue       asks the user to confirm, by form elicitation
//	index_repository  reports progress and logs
//	slow              waits as long as told, or until cancelled
//	echo              returns its text, as often as told
//	weather           changes its own description, see Options.Changing
type sample struct {
	ctx    context.Context // ends with the workspace
	mcp    *server.MCPServer
	modern http.Handler
	forge  *forge

	mu       sync.Mutex
	sessions map[string]*sampleSession
	ran      map[string]int // executions begun, by tool
	lastAsk  int64          // id of the last request to a client
}

func newSample(ctx context.Context) *sample {
	s := &sample{ctx: ctx, forge: newForge(), sessions: map[string]*sampleSession{}, ran: map[string]int{}}
	s.mcp = server.NewMCPServer("ucbridge-sample", "1.0.0",
		server.WithTitle("Sample GitHub"),
		server.WithInstructions("A sample MCP server with a handful of repositories. Nothing leaves this machine."),
		server.WithToolCapabilities(true),
		server.WithResourceCapabilities(true, true),
		server.WithPromptCapabilities(true),
		server.WithLogging(),
		server.WithRecovery(),
		server.WithToolHandlerMiddleware(s.counting),
	)
	s.addTools()
	s.addResources()
	s.modern = server.NewStreamableHTTPServer(s.mcp, server.WithStreamableHTTPLogger(slog.New(slog.DiscardHandler)))
	return s
}

// counting counts a tool's executions as they begin.
func (s *sample) counting(next server.ToolHandlerFunc) server.ToolHandlerFunc {
	return func(ctx context.Context, req mcp.CallToolRequest) (*mcp.CallToolResult, error) {
		s.mu.Lock()
		s.ran[req.Params.Name]++
		s.mu.Unlock()
		return next(ctx, req)
	}
}

func (s *sample) executions(tool string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.ran[tool]
}
