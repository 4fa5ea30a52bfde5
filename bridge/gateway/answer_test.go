package gateway

import (
	"bufio"
	"bytes"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"ucbridge/bridge/databricks"
	"ucbridge/bridge/emulator"
	"ucbridge/bridge/jsonrpc"
)

// behind starts a gateway before an MCP server, one that is governed and one that is not.
func behind(t *testing.T, route string, server http.HandlerFunc, change func(*Options)) map[string]*stage {
	t.Helper()
	upstream := httptest.NewServer(server)
	t.Cleanup(upstream.Close)
	open := set(t, databricks.Target{Connection: "own", Route: route}, change)
	open.workspace.AddConnection(emulator.Connection{Name: "own", MCP: true, Upstream: upstream.URL})
	return map[string]*stage{"open": open, "governed": governed(t, server, route, `tools: {deny: ["x"], reads: ["*"]}`)}
}

const oneCall = `{"jsonrpc":"2.0","id":7,"method":"resources/read","params":{"uri":"x:1"}}`

// TestAnswers has a server answer a request in ways that its client could make nothing
// of: what the client gets is a response to its request, and never a sign-in.
func TestAnswers(t *testing.T) {
	t.Parallel()
	const json, events = "application/json", "text/event-stream"
	const result = `{"jsonrpc":"2.0","id":7,"result":{"a":1.0}}`
	foreign := func(id string) string {
		return `{"jsonrpc":"2.0","id":` + id + `,"error":{"code":-32600,"message":"why"}}`
	}
	own := `{"jsonrpc":"2.0","id":7,"error":{"code":-32600,"message":"why"}}`
	for name, c := range map[string]struct {
		status     int
		kind, body string
		want       int
		says       string
	}{
		"result":                      {200, json, result + "\n", 200, result + "\n"},
		"byte order mark":             {200, json, "\uFEFF" + result, 200, result},
		"null for an error":           {200, json, `{"jsonrpc":"2.0","id":7,"error":null,"result":{}}`, 200, `{"jsonrpc":"2.0","id":7,"result":{}}`},
		"OAuth's error, 401":          {401, json, `{"error":"invalid_token","error_description":"x"}`, 200, `"reason":"upstream_unauthorized"`},
		"OAuth's error, 403":          {403, json, `{"error":"insufficient_scope"}`, 200, `"reason":"upstream_unauthorized"`},
		"plain 401":                   {401, "text/plain", "unauthorized", 200, `"detail":"unauthorized"`},
		"its own 401":                 {401, json, foreign("7"), 200, own},
		"a host that is not let in":   {403, "text/plain", "Access is only allowed at localhost", 200, `"reason":"upstream_forbidden"`},
		"server-error, 406":           {406, json, foreign(`"server-error"`), 406, own},
		"empty id, 500":               {500, json, foreign(`""`), 200, own},
		"null id, 400":                {400, json, foreign("null"), 400, own},
		"text id":                     {200, json, `{"jsonrpc":"2.0","id":"7","result":{}}`, 200, `{"jsonrpc":"2.0","id":7,"result":{}}`},
		"a framework's error":         {500, json, `{"error":{"code":500,"message":"m","status":"s"}}`, 200, `{"jsonrpc":"2.0","id":7,"error":{"code":-32603`},
		"text for an error":           {200, json, `{"jsonrpc":"2.0","id":7,"error":"x"}`, 200, `"reason":"bad_answer"`},
		"empty error":                 {200, json, `{"jsonrpc":"2.0","id":7,"error":{}}`, 200, `"reason":"bad_answer"`},
		"null for a result":           {200, json, `{"jsonrpc":"2.0","id":7,"result":null}`, 200, `"reason":"bad_answer"`},
		"no version":                  {200, json, `{"id":7,"result":{}}`, 200, `"reason":"bad_answer"`},
		"a page":                      {200, "text/html", "<html>", 200, `"reason":"bad_answer"`},
		"a page of a proxy":           {502, "text/html", "<html>", 200, `"reason":"upstream_error"`},
		"nothing":                     {200, json, "", 200, `"reason":"no_answer"`},
		"stream":                      {200, events, "id: 1\ndata: " + result + "\n\n", 200, "id: 1\ndata: " + result + "\n\n"},
		"stream, in capitals":         {200, "Text/Event-Stream; charset=utf-8", "data: " + result + "\n\n", 200, "data: " + result + "\n\n"},
		"stream, boom":                {200, events, "data: {\"error\":\"boom\"}\n\n", 200, `"reason":"bad_answer"`},
		"stream, boom in a batch":     {200, events, "data: [{\"error\":\"boom\"}]\n\n", 200, `"reason":"bad_answer"`},
		"stream, faulty response":     {200, events, "id: 1\ndata: {\"jsonrpc\":\"2.0\",\"id\":7,\"error\":\"x\"}\n\n", 200, `"reason":"bad_answer"`},
		"stream, text id":             {200, events, "data: {\"jsonrpc\":\"2.0\",\"id\":\"7\",\"result\":{}}\n\n", 200, `{"jsonrpc":"2.0","id":7,"result":{}}`},
		"stream, foreign id":          {200, events, "data: {\"jsonrpc\":\"2.0\",\"id\":\"x\",\"result\":{}}\n\n", 200, `{"jsonrpc":"2.0","id":7,"result":{}}`},
		"stream, no blank line":       {200, events, "data: " + result, 200, result},
		"stream without an answer":    {200, events, ": hi\n\n", 200, `"reason":"no_answer"`},
		"stream, refused":             {403, events, "data: " + foreign(`"server-error"`) + "\n\n", 200, own},
		"stream, a notification more": {200, events, "data: {\"method\":\"x\"}\n\ndata: " + result + "\n\n", 200, "data: " + result + "\n\n"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for how, s := range behind(t, "proxy", func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Type", c.kind)
				w.WriteHeader(c.status)
				fmt.Fprint(w, c.body)
			}, nil) {
				status, body, h := s.call(t, "POST", ada, oneCall)
				if status != c.want || !strings.Contains(body, c.says) || h.Get("WWW-Authenticate") != "" {
					t.Errorf("%s: %d %s, want %d %s", how, status, body, c.want, c.says)
				}
				if n := strings.Count(body, `"id":7`); n != 1 {
					t.Errorf("%s: %d answers: %s", how, n, body)
				}
			}
		})
	}
}

// TestLostSession is told by 404, by which clients know that they have to begin anew.
func TestLostSession(t *testing.T) {
	t.Parallel()
	for how, s := range behind(t, "proxy", func(w http.ResponseWriter, _ *http.Request) {
		http.Error(w, "no such session", http.StatusNotFound)
	}, nil) {
		if status, body, _ := s.call(t, "POST", ada, oneCall, "Mcp-Session-Id: s1"); status != http.StatusNotFound || !strings.Contains(body, `"reason":"upstream_not_found"`) {
			t.Errorf("%s, in a session: %d %s", how, status, body)
		}
		if status, body, _ := s.call(t, "POST", ada, oneCall); status != http.StatusOK || !strings.Contains(body, `"reason":"upstream_not_found"`) {
			t.Errorf("%s, without one: %d %s", how, status, body)
		}
	}
}

// TestUpstreamCredential refuses what is no request: that is not for the caller either.
func TestUpstreamCredential(t *testing.T) {
	t.Parallel()
	for how, s := range behind(t, "proxy", func(w http.ResponseWriter, _ *http.Request) {
		http.Error(w, "no", http.StatusUnauthorized)
	}, nil) {
		for method, body := range map[string]string{"POST": `{"jsonrpc":"2.0","method":"notifications/initialized"}`, "GET": "", "DELETE": ""} {
			status, says, h := s.call(t, method, ada, body)
			if status != http.StatusBadGateway || h.Get("WWW-Authenticate") != "" || !strings.Contains(says, "refused the connection's credential") {
				t.Errorf("%s, %s: %d %s", how, method, status, says)
			}
		}
	}
}

// TestCompressedAnswers come unasked, as a body and as a stream.
func TestCompressedAnswers(t *testing.T) {
	t.Parallel()
	const result = `{"jsonrpc":"2.0","id":7,"result":{"a":1.0}}`
	for encoding, writer := range map[string]func(io.Writer) io.WriteCloser{
		"gzip":     func(w io.Writer) io.WriteCloser { return gzip.NewWriter(w) },
		"deflate":  func(w io.Writer) io.WriteCloser { return zlib.NewWriter(w) },
		"Deflate ": func(w io.Writer) io.WriteCloser { f, _ := flate.NewWriter(w, 1); return f },
		"br":       nil,
	} {
		for kind, body := range map[string]string{"application/json": result, "text/event-stream": "data: " + result + "\n\n"} {
			var sent bytes.Buffer
			if writer != nil {
				w := writer(&sent)
				fmt.Fprint(w, body)
				w.Close()
			}
			for how, s := range behind(t, "proxy", func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Type", kind)
				w.Header().Set("Content-Encoding", encoding)
				_, _ = w.Write(sent.Bytes())
			}, nil) {
				want := body
				if writer == nil {
					want = "cannot read (br)"
				}
				status, got, h := s.call(t, "POST", ada, oneCall)
				if status != http.StatusOK || !strings.Contains(got, want) || h.Get("Content-Encoding") != "" {
					t.Errorf("%s, %s, %s: %d %s", how, encoding, kind, status, got)
				}
			}
		}
	}
}

// A body that is not compressed as it says is named, and no broken connection.
func TestWrongCompression(t *testing.T) {
	t.Parallel()
	const result = `{"jsonrpc":"2.0","id":1,"result":{}}`
	for kind, body := range map[string]string{"application/json": result, "text/event-stream": "data: " + result + "\n\n"} {
		for how, s := range behind(t, "proxy", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", kind)
			w.Header().Set("Content-Encoding", "gzip")
			_, _ = io.WriteString(w, body)
		}, nil) {
			status, got, _ := s.call(t, "POST", ada, oneCall)
			if status != http.StatusOK || !strings.Contains(got, "it claims to be gzip, and is not") || !strings.Contains(got, "bad_answer") {
				t.Errorf("%s, %s: %d %s", how, kind, status, got)
			}
		}
	}
}

// TestSilence has servers say nothing for long: the caller gets comments meanwhile, on
// a stream and on a call whose answer comes whole, and the answer in the end.
func TestSilence(t *testing.T) {
	t.Parallel()
	for _, route := range []string{"proxy", "external-function"} {
		heard := make(chan bool)
		for how, s := range behind(t, route, func(w http.ResponseWriter, r *http.Request) {
			raw, _ := io.ReadAll(r.Body)
			m, err := jsonrpc.Parse(raw)
			if err != nil { // a GET
				w.Header().Set("Content-Type", "text/event-stream")
				w.(http.Flusher).Flush()
			}
			select {
			case <-heard:
			case <-r.Context().Done():
			}
			if m.ID != nil {
				w.Header().Set("Content-Type", "application/json")
				fmt.Fprintf(w, `{"jsonrpc":"2.0","id":%s,"result":{}}`, m.ID)
			}
		}, func(o *Options) { o.silence = silence{first: time.Millisecond, max: 20 * time.Millisecond} }) {
			if how == "governed" { // has the times of production
				continue
			}
			for _, method := range []string{"POST", "GET"} {
				if method == "GET" && route == "external-function" {
					continue
				}
				body := ""
				if method == "POST" {
					body = oneCall
				}
				resp, err := s.send(t.Context(), method, ada, body)
				if err != nil {
					t.Fatal(err)
				}
				lines := bufio.NewScanner(resp.Body)
				hears(t, lines, ": ")
				hears(t, lines, ": ")
				heard <- true
				if method == "POST" {
					hears(t, lines, `data: {"jsonrpc":"2.0","id":7,"result":{}}`)
				}
				resp.Body.Close()
			}
		}
	}
}

// TestAnswerAfterSilence: an answer that comes when its stream has begun is one event,
// however it is written and however long it is, and also at an endpoint that answers itself.
func TestAnswerAfterSilence(t *testing.T) {
	t.Parallel()
	const path = "/mcp"
	for name, result := range map[string]string{"of one line": `{"a":1}`, "of several lines": "{\n\t\"a\": 1\r\n}\n", "long": `{"a":"` + strings.Repeat("x", 2*maxChecked) + `"}`} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			want := `{"jsonrpc":"2.0","id":7,"result":` + result + `}`
			heard := make(chan bool)
			answer := func(w http.ResponseWriter, r *http.Request) {
				select {
				case <-heard:
				case <-r.Context().Done():
				}
				w.Header().Set("Content-Type", "application/json")
				w.WriteHeader(http.StatusOK)
				_, _ = io.WriteString(w, want)
			}
			s := behind(t, "proxy", answer, func(o *Options) {
				o.MaxMessage = 8 << 20
				o.silence = silence{first: time.Millisecond, max: 20 * time.Millisecond}
				o.Endpoints = append(o.Endpoints, Endpoint{Path: path, Serve: func(w http.ResponseWriter, r *http.Request, _ string) { answer(w, r) }})
			})["open"]
			for _, at := range []string{"", path + "?"} { // send adds the path of the server
				s.url += at
				resp, err := s.send(t.Context(), "POST", ada, oneCall)
				if err != nil {
					t.Fatal(err)
				}
				from := bufio.NewReader(resp.Body)
				if line, err := from.ReadString('\n'); line != ": \n" || err != nil {
					t.Fatalf("at %q: %q, %v", at, line, err)
				}
				heard <- true
				body, err := io.ReadAll(from)
				line, _ := jsonrpc.OneLine([]byte(want))
				got := strings.TrimLeft(string(body), ": \n")
				if end := "event: message\ndata: " + string(line) + "\n\n"; got != end || err != nil {
					t.Errorf("at %q: %.200q, %v", at, got, err)
				}
				resp.Body.Close()
			}
		})
	}
}

// TestSlashTooMuch is the commonest mistake in an address that is typed.
func TestSlashTooMuch(t *testing.T) {
	t.Parallel()
	s := set(t, databricks.Target{Connection: "github"}, nil)
	for path, want := range map[string]int{"/mcp/x/": http.StatusOK, "/mcp/y/": http.StatusNotFound, "/mcp/x/y": http.StatusNotFound} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.url+path, strings.NewReader(hello))
		if err != nil {
			t.Fatal(err)
		}
		req.Header = http.Header{"Content-Type": {"application/json"}, "Accept": {"application/json, text/event-stream"}, "X-Forwarded-Access-Token": {ada}}
		resp, err := s.client.RoundTrip(req)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode != want {
			t.Errorf("%s: %d, want %d", path, resp.StatusCode, want)
		}
	}
}
