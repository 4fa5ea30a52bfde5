// Package remote is the MCP server at the far end of the bridge as an AI client
// meets it: mcp-go's client at the bridge's stdio server, over pipes inside this
// process. What a command sees is what an AI client sees: the same transport, the same
// recovery, the same words for what fails.
//
// Of mcp-go's client the handshake, the eras of the protocol and the questions of
// the server are used. Lists and results are handed on as the bytes that came,
// since its types drop what they do not know.
package remote

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"time"

	"github.com/mark3labs/mcp-go/client"
	"github.com/mark3labs/mcp-go/client/transport"
	"github.com/mark3labs/mcp-go/mcp"
)

// StdioServer serves one client over the stdio transport, as bridge.Bridge does:
// it returns soon after in has ended or ctx is done.
type StdioServer interface {
	Stdio(ctx context.Context, in io.Reader, out io.Writer) error
}

// Options say who is asking. All but Server may be left out.
type Options struct {
	Server StdioServer
	// Version is that of ucbridge.
	Version string
	// Elicit puts a question of the server before the user. Only where it is set
	// is the server told that there is somebody to ask. It is called from several
	// goroutines.
	Elicit client.ElicitationHandler
	// Progress hears how far a call is, and Log what the server has to say. Both
	// are called from one goroutine, which they must not hold up.
	Progress func(Progress)
	Log      func(LogMessage)
}

// Server is a connection to the server. Its methods are safe for concurrent use.
type Server struct {
	client *client.Client
	wire   *wire
	in     *io.PipeWriter // the bridge's stdin
	stop   context.CancelFunc
	ended  chan struct{} // closed when the bridge has ended
	fault  error         // why it ended, once it has
	hello  *mcp.InitializeResult
}

// Connect starts the bridge and shakes hands with the server. The error is the
// bridge's own where it has ended, a [*refusal.Error] in the bridge's words, or a
// [*Refusal] in the server's.
func Connect(ctx context.Context, opts Options) (*Server, error) {
	bridgeIn, in := io.Pipe()
	out, bridgeOut := io.Pipe()
	// The bridge outlives ctx until Close, which lets it finish what is under way.
	bridgeCtx, stop := context.WithCancel(context.WithoutCancel(ctx))
	s := &Server{in: in, stop: stop, ended: make(chan struct{})}
	go func() {
		defer close(s.ended)
		s.fault = opts.Server.Stdio(bridgeCtx, bridgeIn, bridgeOut)
		bridgeIn.Close()
		bridgeOut.Close()
	}()
	pipes := transport.NewIO(out, in, io.NopCloser(nil))
	transport.WithCommandLogger(slog.New(slog.DiscardHandler))(pipes) // what fails comes back as an error
	s.wire = &wire{BidirectionalInterface: pipes, cancelled: make(chan struct{}, 1)}
	s.client = client.NewClient(s.wire, opts.clientOptions()...)
	if err := s.client.Start(bridgeCtx); err != nil {
		return nil, s.abandon(ctx, err)
	}
	s.client.OnNotification(opts.notice)
	var hello mcp.InitializeRequest
	hello.Params.ClientInfo = mcp.Implementation{Name: "ucbridge", Version: opts.Version}
	var refused error
	_, err := s.ask(ctx, func(ctx context.Context) error {
		s.hello, refused = s.client.Initialize(ctx, hello)
		return refused
	})
	if err = cmp.Or(err, refused); err != nil {
		return nil, s.abandon(ctx, err)
	}
	return s, nil
}

func (o *Options) clientOptions() []client.ClientOption {
	if o.Elicit == nil {
		return nil
	}
	return []client.ClientOption{
		client.WithElicitationHandler(o.Elicit),
		client.WithClientCapabilities(mcp.ClientCapabilities{
			Elicitation: &mcp.ElicitationCapability{Form: &struct{}{}, URL: &struct{}{}},
		}),
	}
}

// abandon closes a connection that did not come about, and returns the reason.
func (s *Server) abandon(ctx context.Context, err error) error {
	if fault := s.Close(ctx); fault != nil {
		return fault
	}
	return err
}

// hurriedTimeout is how long an interrupted user waits for a cancel to reach the server.
const hurriedTimeout = 500 * time.Millisecond

// Close ends the connection and waits until the bridge has ended, which ends
// the server's session. With ctx done the bridge is hurried. It returns the
// bridge's error.
func (s *Server) Close(ctx context.Context) error {
	s.in.Close()
	if ctx.Err() != nil && s.hello == nil {
		s.stop()
	} else if ctx.Err() != nil {
		defer time.AfterFunc(hurriedTimeout, s.stop).Stop()
	}
	<-s.ended
	s.stop()
	s.client.Close()
	if errors.Is(s.fault, context.Canceled) {
		return nil
	}
	return s.fault
}

// Call calls a tool and returns the server's CallToolResult as it came, after the
// server's questions have been answered. Errors are those of Connect. When ctx ends
// the call is cancelled at the server.
func (s *Server) Call(ctx context.Context, tool string, arguments json.RawMessage) (json.RawMessage, error) {
	var request mcp.CallToolRequest
	request.Params.Name = tool
	request.Params.Arguments = arguments
	request.Params.Meta = &mcp.Meta{ProgressToken: progressToken}
	return s.ask(ctx, func(ctx context.Context) error {
		_, err := s.client.CallTool(ctx, request)
		return err
	})
}

// SetLogLevel has the server log from that level on, where it can be told.
func (s *Server) SetLogLevel(ctx context.Context, level string) error {
	if s.hello.Capabilities.Logging == nil {
		return nil
	}
	var request mcp.SetLevelRequest
	request.Params.Level = mcp.LoggingLevel(level)
	_, err := s.ask(ctx, func(ctx context.Context) error {
		return s.client.SetLevel(ctx, request) //lint:ignore SA1019 deprecated in 2026-07-28, and in use
	})
	return err
}

// ask has mcp-go's client send one request, or several where the server asks back,
// and returns the last result. That mcp-go could not read it is no error here.
func (s *Server) ask(ctx context.Context, send func(context.Context) error) (json.RawMessage, error) {
	var last answer
	err := send(context.WithValue(ctx, answerKey{}, &last))
	switch {
	case err == nil || last.complete():
		return last.result, nil
	case ctx.Err() != nil:
		if s.hello != nil { // the handshake is never cancelled
			s.wire.awaitCancel()
		}
		return nil, context.Cause(ctx)
	case last.fault != nil:
		return nil, last.fault
	}
	select {
	case <-s.ended:
		return nil, cmp.Or(s.fault, err)
	default:
		return nil, err
	}
}
