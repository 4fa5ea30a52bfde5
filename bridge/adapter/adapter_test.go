package adapter

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"

	"ucbridge/bridge/jsonrpc"
	"ucbridge/bridge/streamable"
)

// server answers the requests of an adapter, each with an HTTP status and a body, or
// an error of the way to it. A status of 0 is 200 with an event stream.
type server func(r *http.Request, m jsonrpc.Message) (status int, body string, err error)

func (s server) RoundTrip(r *http.Request) (*http.Response, error) {
	raw, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	m, err := jsonrpc.Parse(raw)
	if err != nil {
		return nil, err
	}
	status, body, err := s(r, m)
	if err != nil {
		return nil, err
	}
	kind := "application/json"
	if status == 0 {
		status, kind = http.StatusOK, "text/event-stream"
	}
	return &http.Response{StatusCode: status, Header: http.Header{"Content-Type": {kind}}, Body: io.NopCloser(strings.NewReader(body))}, nil
}

const (
	hello    = `{"jsonrpc":"2.0","id":"hello","method":"initialize","params":{"protocolVersion":"2025-03-26","capabilities":{"elicitation":{}}}}`
	noMethod = `{"jsonrpc":"2.0","id":%s,"error":{"code":-32601,"message":"no such method"}}`
	found    = `{"jsonrpc":"2.0","id":%s,"result":{"supportedVersions":["2026-07-28"],"capabilities":{"resources":{"subscribe":true}}}}`
)

var conversation = streamable.Conversation{Version: "2025-03-26"}

// translating returns an adapter that has shaken hands with a server of the new era,
// whose other requests s answers.
func translating(t *testing.T, s server) *Adapter {
	t.Helper()
	a := before(func(r *http.Request, m jsonrpc.Message) (int, string, error) {
		switch m.Method {
		case "initialize":
			return http.StatusNotFound, fmt.Sprintf(noMethod, m.ID), nil
		case "server/discover":
			return http.StatusOK, fmt.Sprintf(found, m.ID), nil
		}
		return s(r, m)
	})
	if got, err := carry(t.Context(), a, streamable.Conversation{}, hello); err != nil || !strings.Contains(got[0], "serverInfo") {
		t.Fatalf("initialize: %s, %v", got, err)
	}
	return a
}

func before(s server) *Adapter {
	address := &url.URL{Scheme: "http", Host: "mcp.test"}
	client := &streamable.Client{URL: address, RoundTripper: s, MaxMessage: 1 << 20}
	return New(client, func() bool { return false }, slog.New(slog.DiscardHandler))
}

// carry sends a message and returns all that comes back, up to the first error.
func carry(ctx context.Context, a *Adapter, conv streamable.Conversation, raw string) (all []string, err error) {
	answer, err := a.Send(ctx, streamable.Post{Conversation: conv, Body: []byte(raw)})
	if err != nil {
		return nil, err
	}
	defer answer.Close()
	for m, err := range answer.Messages() {
		if err != nil {
			return all, err
		}
		all = append(all, string(m.Raw))
	}
	return all, nil
}

// A call is withdrawn before the server has begun to answer it: a JSON answer begins
// when the call is over.
func TestWithdrawnBeforeTheAnswerBegins(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := translating(t, func(r *http.Request, m jsonrpc.Message) (int, string, error) {
			<-r.Context().Done()
			return 0, "", r.Context().Err()
		})
		ended := make(chan error)
		go func() {
			_, err := carry(t.Context(), a, conversation, `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"slow"}}`)
			ended <- err
		}()
		synctest.Wait()
		if _, err := carry(t.Context(), a, conversation, `{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":1}}`); err != nil {
			t.Error(err)
		}
		if err := <-ended; !errors.Is(err, errWithdrawn) {
			t.Errorf("the call ended with %v", err)
		}
	})
}
