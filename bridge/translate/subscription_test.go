package translate

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"ucbridge/bridge/jsonrpc"
)

const (
	subscribe   = `{"jsonrpc":"2.0","id":1,"method":"resources/subscribe","params":{"uri":"a://b"}}`
	unsubscribe = `{"jsonrpc":"2.0","id":2,"method":"resources/unsubscribe","params":{"uri":"a://b"}}`
	acknowledge = `{"jsonrpc":"2.0","method":"notifications/subscriptions/acknowledged","params":{"notifications":%s}}`
)

// listener counts the streams of subscriptions that a server of the new era holds
// open after it has acknowledged them as its text says, or, with "", said nothing.
type listener struct {
	accept string
	open   atomic.Int32
}

func (l *listener) RoundTrip(r *http.Request) (*http.Response, error) {
	body, end := io.Pipe()
	l.open.Add(1)
	go func() {
		defer l.open.Add(-1)
		if l.accept != "" {
			_, _ = fmt.Fprintf(end, "data: "+acknowledge+"\n\n", l.accept)
		}
		<-r.Context().Done()
		end.CloseWithError(r.Context().Err())
	}()
	return &http.Response{StatusCode: http.StatusOK, Header: http.Header{"Content-Type": {"text/event-stream"}}, Body: body}, nil
}

// withListener returns a translator whose client listens to the server until ctx is done.
func withListener(t *testing.T, ctx context.Context, l *listener) *Translator {
	t.Helper()
	a := translating(t, l)
	listen(ctx, a)
	return a
}

// listen begins to listen and returns when that waits for the server.
func listen(ctx context.Context, a *Translator) {
	go func() {
		for range a.Listen(ctx, conversation, func() {}) {
		}
	}()
	synctest.Wait()
}

// A subscription that the server acknowledges without the resource is refused, each
// time anew, and leaves no stream behind.
func TestSubscriptionNotHonoured(t *testing.T) {
	for _, accepted := range []string{`{}`, `{"resourceSubscriptions":[]}`} {
		synctest.Test(t, func(t *testing.T) {
			l := &listener{accept: accepted}
			a := withListener(t, t.Context(), l)
			for range 2 {
				got, err := carry(t.Context(), a, conversation, subscribe)
				if err != nil || !strings.Contains(got[0], "subscription_failed") {
					t.Errorf("%s: got %s and %v", accepted, got, err)
				}
				synctest.Wait()
				if l.open.Load() != 0 {
					t.Errorf("%s: %d streams are open", accepted, l.open.Load())
				}
			}
		})
	}
}

// An unsubscription that overtakes the acknowledgement ends the subscription at once.
func TestUnsubscribedBeforeTheAcknowledgement(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := &listener{}
		a := withListener(t, t.Context(), l)
		answered := make(chan string)
		go func() {
			got, err := carry(t.Context(), a, conversation, subscribe)
			answered <- fmt.Sprint(got, err)
		}()
		synctest.Wait()
		if _, err := carry(t.Context(), a, conversation, unsubscribe); err != nil {
			t.Error(err)
		}
		synctest.Wait()
		select {
		case got := <-answered:
			if !strings.Contains(got, "subscription_failed") {
				t.Errorf("got %s", got)
			}
		default:
			t.Error("the subscription still waits")
			<-answered
		}
		if l.open.Load() != 0 {
			t.Errorf("%d streams are open", l.open.Load())
		}
	})
}

// A client may say twice that it is initialized: what ends the first stream must not
// end the second one.
func TestListeningAnew(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := &listener{accept: `{"resourceSubscriptions":["a://b"]}`}
		first, cancel := context.WithCancel(t.Context())
		a := withListener(t, first, l)
		listen(t.Context(), a)
		cancel()
		synctest.Wait()
		if got, err := carry(t.Context(), a, conversation, subscribe); err != nil || got[0] != `{"jsonrpc":"2.0","id":1,"result":{}}` {
			t.Errorf("got %s and %v", got, err)
		}
	})
}

// A server that ends a subscription in good order before it has acknowledged it does
// not do subscriptions; it is not asked again and again.
func TestSubscriptionEndedAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		asked := 0
		a := translating(t, server(func(_ *http.Request, m jsonrpc.Message) (int, string, error) {
			asked++
			return http.StatusOK, fmt.Sprintf(`{"jsonrpc":"2.0","id":%s,"result":{"resultType":"complete"}}`, m.ID), nil
		}))
		listen(t.Context(), a)
		got, err := carry(t.Context(), a, conversation, subscribe)
		if err != nil || !strings.Contains(got[0], "subscription_failed") || asked != 1 {
			t.Errorf("after %d requests got %s and %v", asked, got, err)
		}
	})
}
