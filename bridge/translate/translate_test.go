package translate

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

	"github.com/google/go-cmp/cmp"

	"ucbridge/bridge/jsonrpc"
	"ucbridge/bridge/refusal"
	"ucbridge/bridge/streamable"
)

// server answers the requests of a translator, each with an HTTP status and a body, or
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

// translating returns a translator that has shaken hands with a server of the new era,
// whose other requests s answers.
func translating(t *testing.T, s http.RoundTripper) *Translator {
	t.Helper()
	a := before(server(func(r *http.Request, m jsonrpc.Message) (int, string, error) {
		if m.Method == "server/discover" {
			return http.StatusOK, fmt.Sprintf(found, m.ID), nil
		}
		return http.StatusNotFound, fmt.Sprintf(noMethod, m.ID), nil
	}))
	if got, err := carry(t.Context(), a, streamable.Conversation{}, hello); err != nil || !strings.Contains(got[0], "serverInfo") {
		t.Fatalf("initialize: %s, %v", got, err)
	}
	a.client.RoundTripper = s
	return a
}

func before(s http.RoundTripper) *Translator {
	address := &url.URL{Scheme: "http", Host: "mcp.test"}
	client := &streamable.Client{URL: address, RoundTripper: s, MaxMessage: 1 << 20}
	return New(client, func() bool { return false }, slog.New(slog.DiscardHandler))
}

// carry sends a message and returns all that comes back, up to the first error.
func carry(ctx context.Context, a *Translator, conv streamable.Conversation, raw string) (all []string, err error) {
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
		a := translating(t, server(func(r *http.Request, m jsonrpc.Message) (int, string, error) {
			<-r.Context().Done()
			return 0, "", r.Context().Err()
		}))
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

// begin starts a request that the server may answer by a question; carry what comes.
func begin(t *testing.T, a *Translator, raw string) (messages <-chan jsonrpc.Message, end <-chan error) {
	t.Helper()
	said, ended := make(chan jsonrpc.Message), make(chan error, 1)
	go func() {
		defer close(said)
		answer, err := a.Send(t.Context(), streamable.Post{Conversation: conversation, Body: []byte(raw)})
		if err != nil {
			ended <- err
			return
		}
		defer answer.Close()
		for m, err := range answer.Messages() {
			if err != nil {
				ended <- err
				return
			}
			said <- m
		}
		ended <- nil
	}()
	return said, ended
}

// accept answers a question of the server.
func accept(t *testing.T, a *Translator, question jsonrpc.Message) {
	t.Helper()
	if !question.IsRequest() {
		t.Fatalf("no question: %s", question.Raw)
	}
	if _, err := carry(t.Context(), a, conversation, fmt.Sprintf(`{"jsonrpc":"2.0","id":%s,"result":{"action":"accept"}}`, question.ID)); err != nil {
		t.Error(err)
	}
}

const (
	callTool = `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"t","arguments":{}}}`
	whoIsIt  = `{"jsonrpc":"2.0","id":%s,"result":{"resultType":"input_required","requestState":"s","inputRequests":{"who":{"method":"elicitation/create","params":{}}}}}`
	done     = `{"jsonrpc":"2.0","id":%s,"result":{"content":[]}}`
	noTools  = `{"jsonrpc":"2.0","id":%s,"result":{"tools":[]}}`
	mismatch = `{"jsonrpc":"2.0","id":%s,"error":{"code":-32020,"message":"headers"}}`
)

// What the user has answered is not asked again where the headers were wrong.
func TestMismatchAfterAQuestion(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var calls []string
		a := translating(t, server(func(r *http.Request, m jsonrpc.Message) (int, string, error) {
			if m.Method == "tools/list" {
				return http.StatusOK, fmt.Sprintf(noTools, m.ID), nil
			}
			calls = append(calls, string(jsonrpc.Remove(m.Params, "_meta")))
			switch len(calls) {
			case 1:
				return http.StatusOK, fmt.Sprintf(whoIsIt, m.ID), nil
			case 2:
				return http.StatusBadRequest, fmt.Sprintf(mismatch, m.ID), nil
			}
			return http.StatusOK, fmt.Sprintf(done, m.ID), nil
		}))
		messages, end := begin(t, a, callTool)
		accept(t, a, <-messages)
		if got := string((<-messages).Raw); got != fmt.Sprintf(done, "1") {
			t.Errorf("got %s", got)
		}
		if err := <-end; err != nil {
			t.Error(err)
		}
		retry := `{"name":"t","arguments":{},"inputResponses":{"who":{"action":"accept"}},"requestState":"s"}`
		if diff := cmp.Diff([]string{`{"name":"t","arguments":{}}`, retry, retry}, calls); diff != "" {
			t.Errorf("the server saw (-want +got):\n%s", diff)
		}
	})
}

// A way that is blocked for a while when the user has answered is waited out: to
// begin anew would run the first part twice, and ask the user again. One that stays
// blocked is told in the answer, which nobody repeats.
func TestBlockedAfterAQuestion(t *testing.T) {
	limited := refusal.New("rate_limited", "Too many requests.")
	limited.Data.Retryable = true
	unreachable := refusal.New("workspace_unreachable", "No network.")
	for name, tt := range map[string]struct {
		err   error
		times int
		want  string
	}{
		"limited":           {limited, 3, "result"},
		"unreachable":       {fmt.Errorf("%w: %w", unreachable, io.EOF), 3, "result"},
		"limited for good":  {limited, 1 << 20, "rate_limited"},
		"unreachable stays": {unreachable, 1 << 20, "workspace_unreachable"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				first, tries := 0, 0
				a := translating(t, server(func(r *http.Request, m jsonrpc.Message) (int, string, error) {
					if jsonrpc.Value(m.Params, "inputResponses") == nil {
						first++
						return http.StatusOK, fmt.Sprintf(whoIsIt, m.ID), nil
					}
					if tries++; tries <= tt.times {
						return 0, "", tt.err
					}
					return http.StatusOK, fmt.Sprintf(done, m.ID), nil
				}))
				messages, end := begin(t, a, callTool)
				accept(t, a, <-messages)
				answer := <-messages
				got := "result"
				if answer.Result == nil {
					got = jsonrpc.Text(answer.Error, "data", "reason")
				}
				if got != tt.want || string(answer.ID) != "1" {
					t.Errorf("got %s", answer.Raw)
				}
				if err := <-end; err != nil {
					t.Errorf("the session, which may repeat the call, is told %v", err)
				}
				if first != 1 {
					t.Errorf("the call was begun %d times", first)
				}
			})
		})
	}
}

// The messages of an array are sent one by one, so none of those that have run may
// be sent again for one that was refused.
func TestBatchRefusedInTheMiddle(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := translating(t, server(func(r *http.Request, m jsonrpc.Message) (int, string, error) {
			if m.Method == "tools/list" {
				return 0, "", refusal.New("rate_limited", "Too many requests.")
			}
			return http.StatusOK, fmt.Sprintf(done, m.ID), nil
		}))
		got, err := carry(t.Context(), a, conversation, `[`+callTool+`,{"jsonrpc":"2.0","id":2,"method":"tools/list"},{"jsonrpc":"2.0","id":3,"method":"ping"}]`)
		want := []string{
			fmt.Sprintf(done, "1"),
			`{"jsonrpc":"2.0","id":2,"error":{"code":-32603,"message":"Too many requests.","data":{"source":"ucbridge","reason":"rate_limited","retryable":true}}}`,
			`{"jsonrpc":"2.0","id":3,"result":{}}`,
		}
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Errorf("error %v, answers (-want +got):\n%s", err, diff)
		}
	})
}

// A request of an array that is cancelled does not end the others.
func TestBatchCancelledInPart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := translating(t, server(func(r *http.Request, m jsonrpc.Message) (int, string, error) {
			<-r.Context().Done()
			return 0, "", r.Context().Err()
		}))
		messages, end := begin(t, a, `[`+callTool+`,{"jsonrpc":"2.0","id":2,"method":"ping"}]`)
		synctest.Wait()
		if _, err := carry(t.Context(), a, conversation, `{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":1}}`); err != nil {
			t.Error(err)
		}
		if m := <-messages; string(m.Raw) != `{"jsonrpc":"2.0","id":2,"result":{}}` {
			t.Errorf("got %s", m.Raw)
		}
		if err := <-end; err != nil {
			t.Error(err)
		}
	})
}

// A question that cannot be put to the client ends the call in words, and takes back
// the questions that were put before it. A result that asks for nothing and gives no
// state would have the call run again and again.
func TestUnusableInputRequests(t *testing.T) {
	ask := `"who":{"method":"elicitation/create","params":{}}`
	for result, asks := range map[string]bool{
		`"requestState":"s","inputRequests":{` + ask + `,"what":7}`:        true,
		`"requestState":"s","inputRequests":{` + ask + `,"what":{"a":1}}`:  true,
		`"inputRequests":{` + ask + `,"what":{"method":"x","method":"x"}}`: true,
		`"inputRequests":{}`: false,
		`"x":1`:              false,
	} {
		synctest.Test(t, func(t *testing.T) {
			calls := 0
			a := translating(t, server(func(r *http.Request, m jsonrpc.Message) (int, string, error) {
				if calls++; calls > 1 {
					return http.StatusOK, fmt.Sprintf(done, m.ID), nil
				}
				return http.StatusOK, fmt.Sprintf(`{"jsonrpc":"2.0","id":%s,"result":{"resultType":"input_required",%s}}`, m.ID, result), nil
			}))
			got, err := carry(t.Context(), a, conversation, callTool)
			if err != nil || len(got) == 0 {
				t.Fatalf("%s: got %s and %v", result, got, err)
			}
			if reason := jsonrpc.Text([]byte(got[len(got)-1]), "error", "data", "reason"); reason != "bad_answer" || calls != 1 {
				t.Errorf("%s: after %d calls got %s", result, calls, got)
			}
			if asks && (len(got) != 3 || jsonrpc.Text([]byte(got[1]), "method") != "notifications/cancelled") {
				t.Errorf("%s: the question was not taken back: %s", result, got)
			}
		})
	}
}
