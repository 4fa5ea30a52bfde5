package main

import (
	"context"
	"encoding/json"

	"github.com/modelcontextprotocol/go-sdk/jsonrpc"
	"github.com/modelcontextprotocol/go-sdk/mcp"
)

// toolWatcher is a transport that notes which tools came, before the client drops
// any.
type toolWatcher struct {
	mcp.Transport
	tools []string // of the last list, read after its arrival only
}

// Connect connects the transport below.
func (w *toolWatcher) Connect(ctx context.Context) (mcp.Connection, error) {
	below, err := w.Transport.Connect(ctx)
	if err != nil {
		return nil, err
	}
	return watchedConnection{below, w}, nil
}

type watchedConnection struct {
	mcp.Connection
	watcher *toolWatcher
}

// Read returns the next message of the server.
func (c watchedConnection) Read(ctx context.Context) (jsonrpc.Message, error) {
	m, err := c.Connection.Read(ctx)
	if response, ok := m.(*jsonrpc.Response); ok {
		var list struct {
			Tools []struct {
				Name string `json:"name"`
			} `json:"tools"`
		}
		if json.Unmarshal(response.Result, &list) == nil && len(list.Tools) > 0 {
			c.watcher.tools = nil
			for _, t := range list.Tools {
				c.watcher.tools = append(c.watcher.tools, t.Name)
			}
		}
	}
	return m, err
}
