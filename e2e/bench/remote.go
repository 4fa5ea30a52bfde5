package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"

	"ucbridge/bridge/emulator"
)

const (
	connection = "bench"
	token      = "dapi-bench"
	// sampleConnection leads to the workspace's own sample server.
	sampleConnection = "sample"

	clientID, clientSecret = "bench-client", "bench-secret"
)

// serveRemote is the other half of this program, in a process of its own: the
// embedded workspace, and behind its connection the MCP server. It prints the
// workspace's URL and serves until in ends, as it does when the first half dies.
func serveRemote(in io.Reader, out io.Writer) error {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return fmt.Errorf("listening for the workspace: %w", err)
	}
	server := &http.Server{Handler: upstream{}}
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()

	workspace, err := emulator.Start(emulator.Options{Empty: true})
	if err != nil {
		return fmt.Errorf("starting the workspace: %w", err)
	}
	workspace.AddUser(emulator.User{Name: "bench@example.com", PAT: token})
	workspace.AddServicePrincipal(emulator.ServicePrincipal{ClientID: clientID, Secret: clientSecret})
	for n := range users {
		workspace.AddUser(emulator.User{Name: fmt.Sprintf("user%d@example.com", n), PAT: userToken(n)})
	}
	workspace.AddConnection(emulator.Connection{
		Name: connection, Upstream: "http://" + listener.Addr().String() + "/mcp", Bearer: "upstream-credential", MCP: true,
	})
	workspace.AddConnection(emulator.Connection{Name: sampleConnection, MCP: true})
	for _, c := range crowds {
		for n := range c.servers {
			workspace.AddConnection(emulator.Connection{Name: c.connection(n), Upstream: "http://" + listener.Addr().String() + "/mcp/" + c.connection(n), MCP: true})
		}
	}
	fmt.Fprintln(out, workspace.URL())
	_, _ = io.Copy(io.Discard, in) // however it ends, it has ended
	err = errors.Join(workspace.Close(), server.Close())
	if end := <-served; !errors.Is(end, http.ErrServerClosed) {
		err = errors.Join(err, end)
	}
	return err
}

// remote is the running process of serveRemote.
type remote struct {
	child
	url string
}

func startRemote(ctx context.Context, self string) (*remote, error) {
	c, err := startChild(ctx, os.Environ(), self, remoteCommand)
	if err != nil {
		return nil, err
	}
	url, err := c.out.ReadString('\n')
	if err != nil {
		return nil, errors.Join(fmt.Errorf("starting the workspace: %w", err), c.close())
	}
	return &remote{*c, strings.TrimSpace(url)}, nil
}
