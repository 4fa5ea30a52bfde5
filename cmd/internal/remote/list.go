package remote

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"

	"github.com/mark3labs/mcp-go/mcp"

	"ucbridge/bridge/jsonrpc"
	protocol "ucbridge/bridge/mcp"
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
		fetch := func(cursor []byte) ([]byte, error) {
			var at mcp.Cursor
			if cursor != nil && json.Unmarshal(cursor, &at) != nil {
				return nil, fmt.Errorf("listing %s: the MCP server's cursor is not a text: %s", list, refusal.Quote(string(cursor)))
			}
			return s.page(ctx, list, at)
		}
		for page, err := range protocol.Pages(fetch) {
			if errors.Is(err, protocol.ErrRepeatedCursor) || errors.Is(err, protocol.ErrManyPages) {
				err = fmt.Errorf("listing %s: %w", list, err)
			}
			if err != nil {
				yield(nil, err)
				return
			}
			for _, entry := range jsonrpc.Elements(jsonrpc.Value(page, string(list))) {
				if !yield(entry, nil) {
					return
				}
			}
		}
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
