package translate

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"math/rand/v2"
	"strings"
	"sync"
	"time"

	"ucbridge/bridge/jsonrpc"
	"ucbridge/bridge/mcp"
	"ucbridge/bridge/refusal"
	"ucbridge/bridge/streamable"
)

const (
	// ackTimeout bounds the wait of resources/subscribe for the server's word.
	ackTimeout = 10 * time.Second
)

// streams are the subscriptions of one client: one for the lists that change, open
// as long as the GET stream that it stands for, and one for every resource that the
// client has subscribed to. What comes on them is yielded by listen.
type streams struct {
	notices chan jsonrpc.Message

	mu  sync.Mutex
	now *listening // nil while nobody listens
}

// listening is one GET stream's time. A client that says twice that it is initialized
// begins another before the first has ended.
type listening struct {
	ctx     context.Context
	running sync.WaitGroup
	byURI   map[string]*stream
}

// stream is the subscription to one resource.
type stream struct {
	within *listening
	ctx    context.Context
	cancel context.CancelFunc
}

// listen yields what the server says on its own until ctx is done.
func (t *translation) listen(ctx context.Context, opened func()) iter.Seq2[jsonrpc.Message, error] {
	return func(yield func(jsonrpc.Message, error) bool) {
		ctx, cancel := context.WithCancel(ctx)
		now := t.streams.begin(ctx)
		defer t.streams.end(now, cancel)
		if filter := listFilter(t.capabilities); filter == "" {
			opened()
		} else {
			now.running.Go(func() { t.hold(ctx, filter, func(jsonrpc.Message, error) { opened() }) })
		}
		for {
			select {
			case m := <-t.streams.notices:
				if !yield(m, nil) {
					return
				}
			case <-ctx.Done():
				return
			}
		}
	}
}

// listFilter asks for the changes that a server's capabilities promise (2026-07-28,
// Subscriptions, "Notification Filter"), "" where there are none.
func listFilter(capabilities []byte) string {
	var wanted []string
	for _, list := range []string{"tools", "prompts", "resources"} {
		if string(jsonrpc.Value(capabilities, list, "listChanged")) == "true" {
			wanted = append(wanted, `"`+list+`ListChanged":true`)
		}
	}
	return strings.Join(wanted, ",")
}

func (s *streams) begin(ctx context.Context) *listening {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.now = &listening{ctx: ctx, byURI: make(map[string]*stream)}
	return s.now
}

// end closes the streams of that time and returns when all are.
func (s *streams) end(over *listening, cancel context.CancelFunc) {
	s.mu.Lock()
	if s.now == over {
		s.now = nil
	}
	s.mu.Unlock()
	cancel()
	over.running.Wait()
}

// add makes room for the subscription to a resource. The stream is nil where there
// is one already, or nothing that it could be heard on.
func (s *streams) add(uri string) (added *stream, listening bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.now == nil || s.now.byURI[uri] != nil {
		return nil, s.now != nil
	}
	added = &stream{within: s.now}
	added.ctx, added.cancel = context.WithCancel(s.now.ctx)
	s.now.byURI[uri] = added
	s.now.running.Add(1)
	return added, true
}

// remove closes the subscription to a resource: that one, or, with nil, any.
func (s *streams) remove(uri string, only *stream) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if only != nil {
		only.cancel()
	}
	if s.now == nil {
		return
	}
	if held := s.now.byURI[uri]; held != nil && (only == nil || held == only) {
		held.cancel()
		delete(s.now.byURI, uri)
	}
}

// subscribe opens a stream for a resource, and answers as the server does.
func (t *translation) subscribe(ctx context.Context, m jsonrpc.Message) (*streamable.Answer, error) {
	uri := jsonrpc.Value(m.Params, "uri")
	text := jsonrpc.Text(m.Params, "uri")
	if t.shared.buffered() {
		return refused(m.ID, &refusal.Error{
			Code: jsonrpc.CodeMethodNotFound, Message: "This route cannot report changes of a resource.",
			Data: refusal.Data{Source: "ucbridge", Reason: refusal.NotCarried, Hint: "ucbridge stdio --route proxy, where the workspace has it"},
		}), nil
	}
	held, listening := t.streams.add(text)
	switch {
	case !listening:
		return refused(m.ID, refusal.New(refusal.NotListening, "Changes of a resource cannot be reported before the session has begun.").
			WithHint("send notifications/initialized first")), nil
	case held == nil:
		return granted(m.ID), nil
	}
	said := make(chan *streamable.Answer, 2)
	go func() {
		defer held.within.running.Done()
		t.hold(held.ctx, fmt.Sprintf(`"resourceSubscriptions":[%s]`, uri), func(word jsonrpc.Message, err error) {
			if refused := refusedSubscription(m.ID, word, err); refused != nil {
				t.streams.remove(text, held)
				said <- refused
				return
			}
			said <- granted(m.ID)
		})
		t.streams.remove(text, held)
		said <- refused(m.ID, refusal.New(refusal.SubscriptionFailed, "The subscription ended before the server had accepted it."))
	}()
	timer := time.NewTimer(ackTimeout)
	defer timer.Stop()
	select {
	case answer := <-said:
		return answer, nil
	case <-timer.C: // some servers say nothing before there is something to say
		return granted(m.ID), nil
	case <-ctx.Done():
		t.streams.remove(text, held)
		return nil, context.Cause(ctx)
	}
}

// refusedSubscription words the server's refusal of a subscription for a client of the
// old era; nil says that the server has accepted it.
func refusedSubscription(id jsonrpc.ID, word jsonrpc.Message, err error) *streamable.Answer {
	switch {
	case err != nil:
		e, ok := errors.AsType[*refusal.Error](err)
		if !ok {
			e = refusal.New(refusal.SubscriptionFailed, "The server did not accept the subscription.").Because(err)
		}
		return refused(id, e)
	case word.Error != nil:
		return spoken(word.WithID(id))
	case len(jsonrpc.Elements(jsonrpc.Value(word.Params, "notifications", "resourceSubscriptions"))) == 0:
		return refused(id, refusal.New(refusal.SubscriptionFailed, "The server does not report changes of this resource."))
	}
	return nil
}

// hold keeps a subscription open until ctx is done, asking for it again where its
// stream ends. first hears once what the server has said: the acknowledgement, an
// error response, or nothing and an error. A subscription that the server has never
// acknowledged, and refuses, is over.
func (t *translation) hold(ctx context.Context, filter string, first func(jsonrpc.Message, error)) {
	said := false
	once := func(m jsonrpc.Message, err error) {
		if !said {
			said = true
			first(m, err)
		}
	}
	for pause := firstPause; ; pause = min(2*pause, maxPause) {
		acknowledged, err := t.listenOnce(ctx, filter, once)
		if ctx.Err() != nil {
			return
		}
		if acknowledged {
			pause = firstPause
		} else if err != nil && !passing(err) {
			once(jsonrpc.Message{}, err)
			t.shared.log.Warn("listening to the server's changes", "err", err)
			return
		}
		if streamable.Sleep(ctx, pause/2+rand.N(pause/2)) != nil {
			return
		}
	}
}

// errUnacknowledged says that the server has refused a subscription, or ended it without
// having acknowledged it.
var errUnacknowledged = errors.New("the server refused the subscription")

// listenOnce carries one stream to its end and reports whether the server has
// acknowledged the subscription.
func (t *translation) listenOnce(ctx context.Context, filter string, first func(jsonrpc.Message, error)) (acknowledged bool, err error) {
	answer, err := t.post(ctx, t.request(mcp.Listen, `"notifications":{`+filter+`}`), nil)
	if err != nil {
		return false, err
	}
	defer answer.Close()
	for m, err := range answer.Messages() {
		switch {
		case err != nil:
			return acknowledged, err
		case m.Method == mcp.Acknowledged:
			acknowledged = true
			first(m, nil)
		case m.IsResponse() && !acknowledged:
			if m.Error != nil {
				first(m, nil)
			}
			return false, errUnacknowledged
		case m.IsResponse(): // a graceful end
			return acknowledged, nil
		default:
			select {
			case t.streams.notices <- m:
			case <-ctx.Done():
				return acknowledged, nil
			}
		}
	}
	return acknowledged, nil
}

// passing reports whether a stream that could not be opened may open later.
func passing(err error) bool {
	if e, ok := errors.AsType[*refusal.Error](err); ok {
		return e.Data.Retryable || e.Data.Reason == refusal.ConnectionCut
	}
	if status, ok := errors.AsType[*streamable.StatusError](err); ok {
		return status.Status >= 500
	}
	return !errors.Is(err, errUnacknowledged)
}
