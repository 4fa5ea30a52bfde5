package gateway

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"

	"ucbridge/bridge/jsonrpc"
	"ucbridge/bridge/unity"
)

func TestReviewedEvents(t *testing.T) {
	t.Parallel()
	same := func(m jsonrpc.Message) []byte { return m.Raw }
	none := func(jsonrpc.Message) []byte { return nil }
	other := func(jsonrpc.Message) []byte { return []byte("{\n}") }
	const message = `{"jsonrpc":"2.0","method":"x"}`
	tests := []struct {
		name, stream string
		review       Review
		want         string
	}{
		{"unchanged", "event: message\nid: 7\ndata: " + message + "\n\n", same, "event: message\nid: 7\ndata: " + message + "\n\n"},
		{"line ends become LF", "id: 7\r\ndata: " + message + "\r\r\n", same, "id: 7\ndata: " + message + "\n\n"},
		{"comments pass", ": hi\n\ndata: " + message + "\n\n", none, ": hi\n\n"},
		{"an id without a message passes", "id: 7\nretry: 10\ndata: \n\n", none, "id: 7\nretry: 10\ndata: \n\n"},
		{"taken out, the id stays", "id: 7\ndata: " + message + "\n\n", none, "id: 7\n\n"},
		{"taken out", "data: " + message + "\n\n", none, ""},
		{"replaced", "event: message\ndata:" + message + "\n\n", other, "event: message\ndata: {\ndata: }\n\n"},
		{"several data lines are one message", "data: {\"jsonrpc\":\"2.0\",\ndata: \"method\":\"x\"}\n\n", same, "data: {\"jsonrpc\":\"2.0\",\ndata: \"method\":\"x\"}\n\n"},
		{"what is no message does not pass", "id: 7\ndata: {}\n\ndata: " + message + "\n\n", same, "id: 7\n\ndata: " + message + "\n\n"},
		{"cut off", "data: " + message + "\n", same, ""},
	}
	for _, tt := range tests {
		for how, body := range map[string]io.Reader{"whole": strings.NewReader(tt.stream), "byte by byte": iotest.OneByteReader(strings.NewReader(tt.stream))} {
			r := blockReader{r: bufio.NewReader(body), max: 1 << 10}
			var got []byte
			for {
				b, err := r.next()
				if errors.Is(err, io.EOF) {
					break
				}
				if err != nil {
					t.Fatal(err)
				}
				out, _ := b.reviewed(tt.review)
				got = append(got, out...)
			}
			if diff := cmp.Diff(tt.want, string(got)); diff != "" {
				t.Errorf("%s, %s (-want +got):\n%s", tt.name, how, diff)
			}
		}
	}
	r := blockReader{r: bufio.NewReader(strings.NewReader("data: " + strings.Repeat("x", 2<<10))), max: 1 << 10}
	if _, err := r.next(); err == nil || errors.Is(err, io.EOF) {
		t.Errorf("an endless event: %v", err)
	}
}

// censor refuses one tool, renames another, and takes out progress.
type censor struct{}

func (censor) Begin(_ context.Context, c Caller, path string, m jsonrpc.Message) (Review, *jsonrpc.Error) {
	if jsonrpc.Text(m.Params, "name") == "create_issue" {
		return nil, jsonrpc.NewError("policy_denied", "%s may not create issues at %s.", c.Name, path)
	}
	return func(m jsonrpc.Message) []byte {
		if m.Method == "notifications/progress" {
			return nil
		}
		return bytes.ReplaceAll(m.Raw, []byte("indexed"), []byte("INDEXED"))
	}, nil
}

func TestGovernor(t *testing.T) {
	t.Parallel()
	s := set(t, unity.Target{Connection: "github"}, func(o *Options) { o.Governor = censor{} })
	session := s.begin(t, ada)
	status, body, _ := s.call(t, "POST", ada, `{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"create_issue","arguments":{"owner":"octo","repo":"hello-mcp","title":"x"}}}`, session)
	if status != http.StatusOK || !strings.Contains(body, `"id":2`) || !strings.Contains(body, "ada@example.com may not create issues at /mcp/x.") {
		t.Errorf("refused: %d %s", status, body)
	}
	if n := s.workspace.Executions("create_issue"); n != 0 {
		t.Errorf("create_issue ran %d times", n)
	}
	const index = `{"jsonrpc":"2.0","id":3,"method":"tools/call","params":{"name":"index_repository","arguments":{"owner":"octo","repo":"hello-mcp"},"_meta":{"progressToken":1}}}`
	status, body, h := s.call(t, "POST", ada, index, session)
	if status != http.StatusOK || h.Get("Content-Type") != "text/event-stream" || strings.Contains(body, "progress") || !strings.Contains(body, `"INDEXED octo/hello-mcp"`) {
		t.Errorf("reviewed: %d %s", status, body)
	}
	status, body, _ = s.call(t, "POST", ada, `{"jsonrpc":"2.0","id":4,"method":"tools/call","params":{"name":"echo","arguments":{"text":"indexed"}}}`, session)
	if status != http.StatusOK || !strings.Contains(body, `"text":"INDEXED"`) {
		t.Errorf("reviewed: %d %s", status, body)
	}
}
