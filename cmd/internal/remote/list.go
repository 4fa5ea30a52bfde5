package remote

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"

	"github.com/mark3labs/mcp-go/mcp"

	"ucbridge/bridge/jsonrpc"
	"ucbridge/bridge/refusal"
)

// List is something of which a server has a list.
type List string

// The lists, by the name of the member that holds the entries.
const (
	Tools             List = "tools"
	Prompts           List = "prompts"
	Resources         List = "resources"
	ResourceTemplates List = "resourceTemplates"
)

// maxPages bounds a list: a server could go on with new cursors for ever.
const maxPages = 1000

// Declares reports whether the server says that it has such a list.
func (s *Server) Declares(list List) bool {
	c := s.hello.Capabilities
	switch list {
	case Tools:
		return c.Tools != nil
	case Prompts:
		return c.Prompts != nil
	default:
		return c.Resources != nil
	}
}

// Identity is who the server says it is, and the revision of MCP that was agreed
// upon. All of it came over the wire.
func (s *Server) Identity() (name, version, revision string) {
	return s.hello.ServerInfo.Name, s.hello.ServerInfo.Version, s.hello.ProtocolVersion
}

// List returns the entries of a list as they came, page by page as they are
// asked for. An error ends the sequence; errors are those of Connect.
func (s *Server) List(ctx context.Context, list List) iter.Seq2[json.RawMessage, error] {
	return func(yield func(json.RawMessage, error) bool) {
		var cursor mcp.Cursor
		for range maxPages {
			page, err := s.page(ctx, list, cursor)
			if err != nil {
				yield(nil, err)
				return
			}
			for _, entry := range jsonrpc.Elements(jsonrpc.Value(page, string(list))) {
				if !yield(entry, nil) {
					return
				}
			}
			next := mcp.Cursor(jsonrpc.Text(page, "nextCursor"))
			if next == "" {
				return
			}
			if next == cursor {
				yield(nil, fmt.Errorf("listing %s: the MCP server repeats page %s", list, refusal.Quote(string(cursor))))
				return
			}
			cursor = next
		}
		yield(nil, fmt.Errorf("listing %s: more than %d pages", list, maxPages))
	}
}

// page returns the result of one list request.
func (s *Server) page(ctx context.Context, list List, cursor mcp.Cursor) (json.RawMessage, error) {
	at := mcp.PaginatedRequest{Params: mcp.PaginatedParams{Cursor: cursor}}
	return s.ask(ctx, func(ctx context.Context) (err error) {
		switch list {
		case Tools:
			_, err = s.client.ListToolsByPage(ctx, mcp.ListToolsRequest{PaginatedRequest: at})
		case Prompts:
			_, err = s.client.ListPromptsByPage(ctx, mcp.ListPromptsRequest{PaginatedRequest: at})
		case Resources:
			_, err = s.client.ListResourcesByPage(ctx, mcp.ListResourcesRequest{PaginatedRequest: at})
		case ResourceTemplates:
			_, err = s.client.ListResourceTemplatesByPage(ctx, mcp.ListResourceTemplatesRequest{PaginatedRequest: at})
		}
		return err
	})
}
