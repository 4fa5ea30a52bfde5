package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"ucbridge/bridge/emulator"
	"ucbridge/bridge/loopbacktest"
	"ucbridge/e2e/conformance/front"
)

// startUpstream starts the everything-server, with sessions unless modern, and
// returns its URL and what ends it.
func startUpstream(ctx context.Context, program string, modern bool, log io.Writer) (string, func(), error) {
	// The server neither takes a listener nor says which port it got.
	addr, err := loopbacktest.Unused()
	if err != nil {
		return "", nil, err
	}
	cmd := exec.Command(program, "-http="+addr, fmt.Sprintf("-stateless=%t", modern))
	cmd.Stdout, cmd.Stderr = log, log
	if err := cmd.Start(); err != nil {
		return "", nil, fmt.Errorf("starting the everything-server: %w", err)
	}
	stop := func() {
		_ = cmd.Process.Kill() // it has no other end
		_ = cmd.Wait()
	}
	if err := awaitListener(ctx, addr); err != nil {
		stop()
		return "", nil, err
	}
	return "http://" + addr + "/", stop, nil
}

// awaitListener returns when something accepts connections at addr.
func awaitListener(ctx context.Context, addr string) error {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Minute)
	defer cancel()
	for wait := time.Millisecond; ; wait *= 2 {
		conn, err := new(net.Dialer).DialContext(ctx, "tcp", addr)
		if err == nil {
			return conn.Close()
		}
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return fmt.Errorf("waiting for the everything-server: %w", err)
		}
	}
}

// callTimeout is how long the bridge waits for an answer. It is shorter than a
// scenario may take, so that what cannot be answered costs little time.
const callTimeout = "5s"

// connectionName is the connection to what the suites test.
const connectionName = "everything"

// passage is a way through a workspace: a connection that leads to an upstream.
type passage struct {
	workspace *emulator.Workspace
	ucbridge  string
	route     string
	dir       string // for what the bridge keeps
}

func openPassage(ucbridge, route, upstream, dir string) (*passage, error) {
	w, err := emulator.Start(emulator.Options{})
	if err != nil {
		return nil, fmt.Errorf("starting the workspace: %w", err)
	}
	w.AddConnection(emulator.Connection{Name: connectionName, Upstream: upstream, Bearer: "upstream-secret", MCP: true})
	return &passage{w, ucbridge, route, dir}, nil
}

// command returns a bridge, to be started by a client.
func (p *passage) command(log io.Writer) *exec.Cmd {
	route, args := p.route, []string{"--connection", connectionName}
	if route == beside {
		route, args = "proxy", append(args, "--connection", "github") // the workspace's sample server
	}
	cmd := exec.Command(p.ucbridge, append([]string{"stdio", "--route", route, "--call-timeout", callTimeout}, args...)...)
	cmd.Env = p.environment()
	cmd.Stderr = log
	return cmd
}

func (p *passage) environment() []string {
	return cleanEnv(p.dir,
		"DATABRICKS_HOST="+p.workspace.URL(),
		"DATABRICKS_TOKEN=dapi-demo-ada",
		"DATABRICKS_CONFIG_FILE="+os.DevNull,
		"UCBRIDGE_CACHE_DIR="+filepath.Join(p.dir, "cache"),
	)
}

// gateway is a passage with front before it.
type gateway struct {
	*passage
	url    string
	front  *front.Front
	server *http.Server
	served chan struct{}
	log    *os.File
}

func startGateway(ucbridge, route, upstream, dir string) (*gateway, error) {
	log, err := openLog(dir, "bridge.log")
	if err != nil {
		return nil, err
	}
	p, err := openPassage(ucbridge, route, upstream, dir)
	if err != nil {
		return nil, errors.Join(err, log.Close())
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, errors.Join(fmt.Errorf("listening: %w", err), p.workspace.Close(), log.Close())
	}
	g := &gateway{passage: p, url: "http://" + listener.Addr().String() + "/mcp", log: log, served: make(chan struct{})}
	g.front = front.New(func() *exec.Cmd { return p.command(log) })
	g.server = &http.Server{Handler: g.front, ReadHeaderTimeout: time.Minute}
	go func() {
		defer close(g.served)
		_ = g.server.Serve(listener) // always http.ErrServerClosed, by close
	}()
	return g, nil
}

// close ends everything and returns what was wrong with any bridge.
func (g *gateway) close() error {
	err := g.server.Close()
	<-g.served
	return errors.Join(err, g.front.Close(), g.workspace.Close(), g.log.Close())
}
