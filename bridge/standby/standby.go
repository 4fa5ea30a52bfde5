// Package standby is the MCP server that answers for the bridge itself until the
// remote server can be reached: an AI client never retries a server that
// failed to start, so initialize is always answered ([Server.Answer]).
//
// What a client saw of the remote server last time is kept in a file and served
// again, also at a start at which the remote is only slow ([Server.Recall]); what is
// missing there an mcp-go server answers, driven through HandleMessage (own.go). What the
// standby says is in the bridge's own words; nothing that came over the wire becomes an
// instruction.
package standby

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/mark3labs/mcp-go/server"

	"ucbridge/bridge/jsonrpc"
	"ucbridge/bridge/mcp"
	"ucbridge/bridge/refusal"
)

// StatusTool is the name of the one tool that the standby has.
const StatusTool = "ucbridge_status"

// Options are the settings of a Server.
type Options struct {
	Version string // of ucbridge
	// Dir is where answers are kept, "" to keep none.
	Dir string
	// Owner names whose answers they are: workspace, target and identity, in a
	// form that tells nothing. It must not wait for a network. Required with Dir.
	Owner func(context.Context) (string, error)
	// Place says where the remote is, as far as is known; nil says nothing.
	Place func() string
	Log   *slog.Logger
	// Fresh says that nothing is answered from memory while the remote may be reached.
	Fresh bool
	// Quiet leaves out the standby's own tool: somebody else tells the state.
	Quiet bool
}

// forever is the age that an answer may have where there is nothing better.
const forever = 1<<63 - 1

// Server answers for a remote that cannot be reached. It is safe for concurrent
// use.
type Server struct {
	opts Options

	mu    sync.Mutex
	cause *refusal.Error
	mcp   *server.MCPServer // made for the cause, nil until it is needed
	cache *answerCache      // what the remote answered last time, nil before initialize
}

// New returns a standby.
func New(opts Options) *Server { return &Server{opts: opts} }

// Explain sets the cause that the instructions and the status tool name, nil
// where the remote can be reached.
func (s *Server) Explain(cause *refusal.Error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.cause, s.mcp = cause, nil
}

// Cause is why the remote cannot be reached, nil where it can, or nobody has tried.
func (s *Server) Cause() *refusal.Error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.cause
}

// Answer returns the response to a request with its id byte for byte, or nil
// where the standby has none: the method is the remote's, and the caller has to
// try to reach it.
func (s *Server) Answer(ctx context.Context, request jsonrpc.Message) []byte {
	if _, ok := mcp.ListOf(request.Method); ok {
		return s.list(ctx, request)
	}
	switch request.Method {
	case mcp.Initialize:
		return s.initialize(ctx, request)
	case "ping":
		return s.own(ctx, request)
	case mcp.CallTool:
		if s.Owns(request) {
			return s.own(ctx, request)
		}
	}
	return nil
}

// WithTool returns the result of tools/list with the standby's tool after the others:
// a session that began with it keeps it, as the model may have been told to use it.
func (s *Server) WithTool(ctx context.Context, result []byte) []byte {
	if s.opts.Quiet {
		return result
	}
	listing := jsonrpc.Message{Method: mcp.ListTools, ID: jsonrpc.ID("1"), Raw: []byte(`{"jsonrpc":"2.0","id":1,"method":"tools/list"}`)}
	for _, own := range jsonrpc.Elements(jsonrpc.Value(s.own(ctx, listing), "result", "tools")) {
		result = jsonrpc.Append(result, own, "tools")
	}
	return result
}

// Owns reports whether a request calls the standby's own tool.
func (s *Server) Owns(request jsonrpc.Message) bool {
	return request.Method == mcp.CallTool && s.OwnsTool(jsonrpc.Text(request.Params, "name"))
}

// OwnsTool reports whether a tool is the standby's own.
func (s *Server) OwnsTool(name string) bool { return !s.opts.Quiet && name == StatusTool }

// Learn keeps the result of initialize or of a list for the next time that the
// remote is out of reach, which outlasts the process when it is saved: see Save. It may
// wait for a disk.
func (s *Server) Learn(ctx context.Context, request jsonrpc.Message, result []byte) {
	if request.Method == mcp.Initialize {
		s.open(ctx, request).keep(request, result)
		return
	}
	s.mu.Lock()
	kept := s.cache
	s.mu.Unlock()
	kept.keep(request, result)
}

// Save writes what was learned to disk.
func (s *Server) Save() {
	s.mu.Lock()
	kept := s.cache
	s.mu.Unlock()
	kept.save()
}

// open takes the cache of the client that says initialize.
func (s *Server) open(ctx context.Context, initialize jsonrpc.Message) *answerCache {
	s.Save() // it may be the same file
	var kept *answerCache
	if s.opts.Dir != "" {
		owner, err := s.opts.Owner(ctx)
		if err != nil {
			s.opts.Log.Debug("answers of earlier sessions are not used", "err", err)
		} else {
			kept = openCache(s.opts.Dir, owner, initialize, s.opts.Log)
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.cache = kept
	return kept
}

// lookTimeout bounds the wait for the name of the owner, which a sign-in that
// hangs may hold up: the client is waiting for its initialize.
const lookTimeout = 300 * time.Millisecond

// initialize answers initialize: as the remote did last time, or in its own name.
// Either way the lists are declared to change, since they will.
func (s *Server) initialize(ctx context.Context, request jsonrpc.Message) []byte {
	brief, cancel := context.WithTimeout(ctx, lookTimeout)
	defer cancel()
	last := s.open(brief, request).recall(request, forever)
	if last == nil {
		return s.own(ctx, request)
	}
	return jsonrpc.Result(request.ID, declared(last))
}

// declared is a remembered InitializeResult with all its lists declared to change, as
// they may when the remote answers. Tools are declared in any case.
func declared(result []byte) []byte {
	result = jsonrpc.Set(result, []byte("true"), "capabilities", "tools", "listChanged")
	for _, list := range []string{"prompts", "resources"} {
		if jsonrpc.Value(result, "capabilities", list) != nil {
			result = jsonrpc.Set(result, []byte("true"), "capabilities", list, "listChanged")
		}
	}
	return result
}

// recent is the age up to which answers are used before the remote is asked.
const recent = 7 * 24 * time.Hour

// Recall returns the response to initialize that the remote gave to such a client within
// a week, with all its lists declared to change; nil where there is none, or Fresh.
func (s *Server) Recall(ctx context.Context, request jsonrpc.Message) []byte {
	if s.opts.Fresh || s.opts.Dir == "" {
		return nil
	}
	brief, cancel := context.WithTimeout(ctx, lookTimeout)
	defer cancel()
	last := s.open(brief, request).recall(request, recent)
	if last == nil {
		return nil
	}
	return jsonrpc.Result(request.ID, declared(last))
}

// RecallList returns the result of a list that the remote gave within a week, nil where
// there is none, or where it had several pages: the cursor of one that is remembered
// may mean nothing when the next is asked for.
func (s *Server) RecallList(request jsonrpc.Message) []byte {
	s.mu.Lock()
	kept := s.cache
	s.mu.Unlock()
	if jsonrpc.Value(request.Params, "cursor") != nil {
		return nil
	}
	last := kept.recall(request, recent)
	if cursor := jsonrpc.Value(last, "nextCursor"); cursor != nil && string(cursor) != "null" {
		return nil
	}
	return last
}

// list answers a list as it was last seen, with the standby's tool on the first
// page of the tools.
func (s *Server) list(ctx context.Context, request jsonrpc.Message) []byte {
	s.mu.Lock()
	kept := s.cache
	s.mu.Unlock()
	last := kept.recall(request, forever)
	switch {
	case last == nil && request.Method == mcp.ListTools && !s.opts.Quiet:
		return s.own(ctx, request)
	case last == nil:
		return jsonrpc.Result(request.ID, s.EmptyList(request.Method))
	case request.Method == mcp.ListTools && jsonrpc.Value(request.Params, "cursor") == nil:
		last = s.WithTool(ctx, last)
	}
	return jsonrpc.Result(request.ID, last)
}

// EmptyList returns the result of a list method that lists nothing, nil for any
// other method.
func (s *Server) EmptyList(method string) []byte {
	list, ok := mcp.ListOf(method)
	if !ok {
		return nil
	}
	return []byte(`{"` + list.Member + `":[]}`)
}
