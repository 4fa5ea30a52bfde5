package front

import (
	"bufio"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// served is a Front under test.
type served struct {
	*testing.T
	front *Front
	url   string
}

func serve(t *testing.T) served {
	t.Helper()
	f := New(program)
	server := httptest.NewServer(f)
	t.Cleanup(server.Close)
	return served{t, f, server.URL}
}

// close closes the Front, where no fault is expected.
func (s served) close() {
	s.Helper()
	if err := s.front.Close(); err != nil {
		s.Error(err)
	}
}

// do sends a request. Its headers are given as names and values.
func (s served) do(method, body string, headers ...string) *http.Response {
	s.Helper()
	r, err := http.NewRequestWithContext(s.Context(), method, s.url, strings.NewReader(body))
	if err != nil {
		s.Fatal(err)
	}
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		s.Fatal(err)
	}
	s.Cleanup(func() { response.Body.Close() })
	return response
}

// begin begins a session and returns the header that names it.
func (s served) begin() []string {
	s.Helper()
	response := s.do(http.MethodPost, `{"jsonrpc":"2.0","id":0,"method":"initialize"}`)
	s.reads(response, `{"jsonrpc":"2.0","id":0,"result":{"protocolVersion":"2025-11-25"}}`)
	id := response.Header.Get(sessionHeader)
	if id == "" {
		s.Fatal("initialize began no session")
	}
	return []string{sessionHeader, id}
}

// reads checks what an answer holds, to its end.
func (s served) reads(response *http.Response, want ...string) {
	s.Helper()
	var got []string
	for m := range messages(response) {
		got = append(got, m)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		s.Errorf("(-want +got):\n%s", diff)
	}
}

// next returns the next message of a stream.
func (s served) next(stream *bufio.Reader) string {
	s.Helper()
	for {
		line, err := stream.ReadString('\n')
		if err != nil {
			s.Fatal(err)
		}
		if data, ok := strings.CutPrefix(line, "data: "); ok {
			return strings.TrimSpace(data)
		}
	}
}

// messages yields the messages of an answer, a stream or not.
func messages(response *http.Response) func(func(string) bool) {
	return func(yield func(string) bool) {
		if response.Header.Get("Content-Type") != "text/event-stream" {
			body, _ := io.ReadAll(response.Body) // what is missing is seen by who compares
			if len(body) > 0 {
				yield(string(body))
			}
			return
		}
		lines := bufio.NewScanner(response.Body)
		for lines.Scan() {
			if data, ok := strings.CutPrefix(lines.Text(), "data: "); ok && !yield(data) {
				return
			}
		}
	}
}

// status checks the status of an answer.
func (s served) status(response *http.Response, want int) {
	s.Helper()
	if response.StatusCode != want {
		s.Errorf("status %d, want %d", response.StatusCode, want)
	}
}

func TestSession(t *testing.T) {
	t.Parallel()
	s := serve(t)
	session := s.begin()
	s.status(s.do(http.MethodPost, `{"jsonrpc":"2.0","method":"notifications/initialized"}`, session...), http.StatusAccepted)

	// Bytes stay as they are, but for line breaks, and so does the id.
	s.reads(s.do(http.MethodPost, "{\"jsonrpc\":\"2.0\",\n\"id\":9007199254740993,\"method\":\"progress\",\"params\":{\"_meta\":{\"progressToken\":\"t\"}}}", session...),
		`{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":"t","progress":1}}`,
		`{"jsonrpc":"2.0","id":9007199254740993,"result":{"done":true}}`)

	asking := s.do(http.MethodPost, `{"jsonrpc":"2.0","id":1,"method":"ask"}`, session...)
	stream := bufio.NewReader(asking.Body)
	if got, want := s.next(stream), `{"jsonrpc":"2.0","id":"question","method":"sampling/createMessage"}`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	s.status(s.do(http.MethodPost, `{"jsonrpc":"2.0","id":"question","result":{}}`, session...), http.StatusAccepted)
	if got, want := s.next(stream), `{"jsonrpc":"2.0","id":1,"result":{"heard":true}}`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}

	listening := s.do(http.MethodGet, "", session...)
	s.status(s.do(http.MethodGet, "", session...), http.StatusConflict)
	s.reads(s.do(http.MethodPost, `{"jsonrpc":"2.0","id":2,"method":"change"}`, session...), `{"jsonrpc":"2.0","id":2,"result":{}}`)
	if got, want := s.next(bufio.NewReader(listening.Body)), `{"jsonrpc":"2.0","method":"notifications/tools/list_changed"}`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}

	unknown := s.do(http.MethodPost, `{"jsonrpc":"2.0","id":3,"method":"unknown"}`, session...)
	s.status(unknown, http.StatusOK)
	s.reads(unknown, `{"jsonrpc":"2.0","id":3,"error":{"code":-32601,"message":"no such method"}}`)

	s.status(s.do(http.MethodDelete, "", session...), http.StatusNoContent)
	s.status(s.do(http.MethodPost, `{"jsonrpc":"2.0","id":4,"method":"change"}`, session...), http.StatusNotFound)
	s.status(s.do(http.MethodPost, `{"jsonrpc":"2.0","id":5,"method":"change"}`), http.StatusBadRequest)
	s.close()
}

// modernRequest returns a request of 2026-07-28 with a progress token.
func modernRequest(id, method, token string) string {
	return `{"jsonrpc":"2.0","id":` + id + `,"method":"` + method + `","params":{"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","progressToken":"` + token + `"}}}`
}

// TestSharedProcess has clients use one process with the same ids. The first one's
// needs no change, the others' do, which sorts the members.
func TestSharedProcess(t *testing.T) {
	t.Parallel()
	s := serve(t)
	first := s.do(http.MethodPost, modernRequest("1", "hold", "a"))
	second := s.do(http.MethodPost, modernRequest("1", "hold", "b"))
	s.reads(s.do(http.MethodPost, modernRequest("1", "release", "c")), `{"id":1,"jsonrpc":"2.0","result":{}}`)
	s.reads(first,
		`{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":"a"}}`, `{"jsonrpc":"2.0","id":1,"result":{"released":0}}`)
	s.reads(second,
		`{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":"b"}}`, `{"id":1,"jsonrpc":"2.0","result":{"released":1}}`)

	listening := s.do(http.MethodPost, modernRequest(`"sub"`, "listen", "d"))
	s.reads(s.do(http.MethodPost, modernRequest("2", "end", "e")), `{"id":2,"jsonrpc":"2.0","result":{}}`)
	s.reads(listening,
		`{"jsonrpc":"2.0","method":"notifications/subscriptions/acknowledged","params":{"_meta":{"`+metaSubscription+`":"sub"}}}`)

	unknown := s.do(http.MethodPost, modernRequest("3", "unknown", "f"))
	s.status(unknown, http.StatusNotFound)
	s.reads(unknown, `{"error":{"code":-32601,"message":"no such method"},"id":3,"jsonrpc":"2.0"}`)

	s.status(s.do(http.MethodGet, "", versionHeader, "2026-07-28"), http.StatusMethodNotAllowed)
	s.close()
}

// TestStreamClosed has a client close the stream of a request, which cancels it
// where there are no sessions.
func TestStreamClosed(t *testing.T) {
	t.Parallel()
	s := serve(t)
	watching := s.do(http.MethodPost, modernRequest("1", "hold", "a"))
	stream := bufio.NewReader(watching.Body)
	s.next(stream) // progress
	closing := s.do(http.MethodPost, modernRequest("1", "listen", "b"))
	s.next(bufio.NewReader(closing.Body))
	closing.Body.Close()
	if got, want := s.next(stream), `{"jsonrpc":"2.0","method":"notifications/message","params":{"data":"cancelled"}}`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	watching.Body.Close()
	s.close()
}

func TestOnlyLocalClients(t *testing.T) {
	t.Parallel()
	tests := []struct {
		host, origin string
		want         bool
	}{
		{"127.0.0.1:80", "", true},
		{"localhost:80", "", true},
		{"[::1]:80", "http://localhost:3000", true},
		{"example.com", "", false},
		{"127.0.0.1.example.com:80", "", false},
		{"127.0.0.1:80", "http://example.com", false},
		{"127.0.0.1:80", "null", false},
	}
	for _, test := range tests {
		r := httptest.NewRequest(http.MethodPost, "/", nil)
		r.Host = test.host
		if test.origin != "" {
			r.Header.Set("Origin", test.origin)
		}
		if got := local(r); got != test.want {
			t.Errorf("Host %q, Origin %q: %t, want %t", test.host, test.origin, got, test.want)
		}
	}
}

func TestCloseTellsFaults(t *testing.T) {
	t.Parallel()
	for method, want := range map[string]string{"babble": "not a message", "crash": "exit status 3"} {
		t.Run(method, func(t *testing.T) {
			t.Parallel()
			s := serve(t)
			session := s.begin()
			io.Copy(io.Discard, s.do(http.MethodPost, `{"jsonrpc":"2.0","id":1,"method":"`+method+`"}`, session...).Body)
			if err := s.front.Close(); err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("Close returned %v, want %q in it", err, want)
			}
		})
	}
}
