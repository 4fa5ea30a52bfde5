package emulator

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"slices"
	"sync"

	"github.com/mark3labs/mcp-go/mcp"
	"github.com/mark3labs/mcp-go/server"
)

// sampleSession is a client's session with the sample server. mcp-go sees it as
// the receiver of broadcasts, which leave by the client's GET stream.
type sampleSession struct {
	sample  *sample
	id      string
	notices chan mcp.JSONRPCNotification // for the GET stream
	// ctx ends when the session is deleted or the workspace closes.
	ctx    context.Context
	cancel context.CancelFunc

	mu           sync.Mutex
	client       mcp.Implementation
	capabilities mcp.ClientCapabilities
	level        mcp.LoggingLevel
	subscribed   map[string]bool
	asked        map[int64]chan clientAnswer // by the id of the request to the client
	stopStream   context.CancelFunc          // ends the GET stream there is
}

// clientAnswer is a client's answer to a request of the server.
type clientAnswer struct {
	ID     int64                    `json:"id"`
	Result json.RawMessage          `json:"result"`
	Error  *mcp.JSONRPCErrorDetails `json:"error"`
}

func (s *sample) newSession() *sampleSession {
	session := &sampleSession{
		sample: s, id: rand.Text(),
		notices:    make(chan mcp.JSONRPCNotification, 128),
		level:      mcp.LoggingLevelInfo,
		subscribed: map[string]bool{},
		asked:      map[int64]chan clientAnswer{},
	}
	session.ctx, session.cancel = context.WithCancel(s.ctx)
	return session
}

// open makes a session known, once its initialize has been answered.
func (s *sample) open(session *sampleSession) {
	s.mu.Lock()
	s.sessions[session.id] = session
	s.mu.Unlock()
	_ = s.mcp.RegisterSession(session.ctx, session) // fails only for an id already there
}

// listen returns the context of a GET stream, which ends with ctx or when the
// client opens another.
func (x *sampleSession) listen(ctx context.Context) context.Context {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.stopStream != nil {
		x.stopStream()
	}
	ctx, x.stopStream = context.WithCancel(ctx)
	return ctx
}

// deliver hands a client's answer to the tool that asked. One nobody waits for
// is dropped.
func (x *sampleSession) deliver(body []byte) {
	var answer clientAnswer
	if json.Unmarshal(body, &answer) != nil {
		return
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	if waiting, ok := x.asked[answer.ID]; ok {
		delete(x.asked, answer.ID)
		waiting <- answer
	}
}

// The methods that follow are mcp-go's view of a session.

var (
	_ server.SessionWithLogging               = (*sampleSession)(nil)
	_ server.SessionWithClientInfo            = (*sampleSession)(nil)
	_ server.SessionWithResourceSubscriptions = (*sampleSession)(nil)
	_ server.SessionWithElicitation           = (*sampleExchange)(nil)
)

func (x *sampleSession) SessionID() string { return x.id }
func (x *sampleSession) Initialize()       {}
func (x *sampleSession) Initialized() bool { return true }

func (x *sampleSession) NotificationChannel() chan<- mcp.JSONRPCNotification { return x.notices }

func (x *sampleSession) SetLogLevel(level mcp.LoggingLevel) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.level = level
}

func (x *sampleSession) GetLogLevel() mcp.LoggingLevel {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.level
}

func (x *sampleSession) SetClientInfo(client mcp.Implementation) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.client = client
}

func (x *sampleSession) GetClientInfo() mcp.Implementation {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.client
}

func (x *sampleSession) SetClientCapabilities(capabilities mcp.ClientCapabilities) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.capabilities = capabilities
}

func (x *sampleSession) GetClientCapabilities() mcp.ClientCapabilities {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.capabilities
}

func (x *sampleSession) SubscribeToResource(uri string) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.subscribed[uri] = true
}

func (x *sampleSession) UnsubscribeFromResource(uri string) {
	x.mu.Lock()
	defer x.mu.Unlock()
	delete(x.subscribed, uri)
}

func (x *sampleSession) SubscribedResources() []string {
	x.mu.Lock()
	defer x.mu.Unlock()
	var uris []string
	for uri := range x.subscribed {
		uris = append(uris, uri)
	}
	slices.Sort(uris)
	return uris
}

func (x *sampleSession) IsSubscribedToResource(uri string) bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.subscribed[uri]
}

// sampleExchange is one request within a session: what its tool sends to the
// client leaves on the request's own stream.
type sampleExchange struct {
	*sampleSession
	notices chan mcp.JSONRPCNotification
	asks    chan mcp.JSONRPCRequest
}

func (x *sampleExchange) NotificationChannel() chan<- mcp.JSONRPCNotification { return x.notices }

// RequestElicitation asks the client on the request's stream and waits for the
// answer, which comes in a POST of its own.
func (x *sampleExchange) RequestElicitation(ctx context.Context, req mcp.ElicitationRequest) (*mcp.ElicitationResult, error) {
	x.sample.mu.Lock()
	x.sample.lastAsk++
	id := x.sample.lastAsk
	x.sample.mu.Unlock()
	waiting := make(chan clientAnswer, 1)
	x.mu.Lock()
	x.asked[id] = waiting
	x.mu.Unlock()
	defer func() {
		x.mu.Lock()
		delete(x.asked, id)
		x.mu.Unlock()
	}()
	ask := mcp.JSONRPCRequest{
		JSONRPC: mcp.JSONRPC_VERSION, ID: mcp.NewRequestId(id), Params: req.Params,
		Request: mcp.Request{Method: string(mcp.MethodElicitationCreate)},
	}
	select {
	case x.asks <- ask:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	select {
	case answer := <-waiting:
		if answer.Error != nil {
			return nil, fmt.Errorf("asking the client: %s (%d)", answer.Error.Message, answer.Error.Code)
		}
		var result mcp.ElicitationResult
		if err := json.Unmarshal(answer.Result, &result); err != nil {
			return nil, fmt.Errorf("reading the client's answer: %w", err)
		}
		return &result, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}
