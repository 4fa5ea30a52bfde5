package databricks

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/iotest"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/google/go-cmp/cmp"
)

func TestEnvelope(t *testing.T) {
	t.Parallel()
	mcp := http.Header{
		"Accept": {"application/json, text/event-stream"}, "Content-Type": {"application/json"},
		"Mcp-Session-Id": {"s1"}, "Mcp-Protocol-Version": {"2026-07-28"}, "Mcp-Method": {"tools/call"},
		"Mcp-Param-Owner": {"ada"}, "Last-Event-Id": {"7"}, "Authorization": {"Bearer no"}, "Cookie": {"no"},
	}
	tests := []struct {
		name   string
		target Target
		method string
		header http.Header
		body   string
		want   string
	}{
		{
			"message", Target{Connection: "github"}, "POST", nil, `{"jsonrpc":"2.0","id":9007199254740993,"method":"a\u003cb","x":1.0}`,
			`{"connection_name":"github","method":"POST","path":"/","headers":"{\"Accept\":\"application/json, text/event-stream\"}",` +
				`"json":"{\"jsonrpc\":\"2.0\",\"id\":9007199254740993,\"method\":\"a\\u003cb\",\"x\":1.0}"}`,
		}, {
			"headers", Target{Connection: "github", Path: "v2/mcp"}, "GET", mcp, "",
			`{"connection_name":"github","method":"GET","path":"/v2/mcp","headers":"{\"Accept\":\"application/json, text/event-stream\",` +
				`\"Content-Type\":\"application/json\",\"Last-Event-ID\":\"7\",\"MCP-Protocol-Version\":\"2026-07-28\",\"Mcp-Method\":\"tools/call\",` +
				`\"Mcp-Param-Owner\":\"ada\",\"Mcp-Session-Id\":\"s1\"}"}`,
		}, {
			"query", Target{Connection: "git", Path: "/a?x=1&y=%22&x=2"}, "DELETE", nil, "",
			`{"connection_name":"git","method":"DELETE","path":"/a","headers":"{\"Accept\":\"application/json, text/event-stream\"}",` +
				`"params":"{\"x\":[\"1\",\"2\"],\"y\":\"\\\"\"}"}`,
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			d, err := tt.target.parse()
			if err != nil {
				t.Fatal(err)
			}
			var body io.Reader
			if tt.body != "" {
				body = iotest.OneByteReader(strings.NewReader(tt.body))
			}
			got, err := envelope(d, &http.Request{Method: tt.method, Header: tt.header}, body, len(tt.body))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, string(got)); diff != "" {
				t.Error(diff)
			}
		})
	}
	d := destination{connection: "github"}
	if _, err := envelope(d, &http.Request{Method: "HEAD"}, nil, 0); err == nil {
		t.Error("HEAD: no error, but it is not in the enum")
	}
}

func FuzzEnvelopeCarriesMessage(f *testing.F) {
	for _, s := range []string{
		ping, "", `"`, `\`, "\x00\x1f\x20\x7f", "é\u2028\U0001F600", strings.Repeat(`a"`, 40), "1234567\"", "12345678\n", "!#[]\u00ff~^",
		"\u0080\u0100\"", strings.Repeat("\u0140", 9) + `\`,
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, message string) {
		if !utf8.ValidString(message) {
			return // never reaches the envelope: a JSON text is UTF-8
		}
		raw, err := envelope(destination{connection: "c"}, &http.Request{Method: "POST"}, strings.NewReader(message), len(message))
		if err != nil {
			t.Fatal(err)
		}
		var got struct{ JSON *string }
		if err := json.Unmarshal(raw, &got); err != nil {
			t.Fatalf("%v in %s", err, raw)
		}
		if got.JSON == nil || *got.JSON != message {
			t.Errorf("carried %q as %s", message, raw)
		}
		// The escapes are the shortest there are: another encoder agrees.
		if want, err := jsontext.AppendQuote(nil, message); err == nil && !bytes.Contains(raw, want) && !strings.ContainsAny(message, "\b\f") {
			t.Errorf("quoted %q, want %s", raw, want)
		}
	})
}

func TestSniff(t *testing.T) {
	t.Parallel()
	tests := []struct{ contentType, body, want string }{
		{"text/plain", `{"jsonrpc":"2.0"}`, "application/json"},
		{"", "\uFEFF \r\n [1]", "application/json"},
		{"text/plain", "event: message\ndata: {}\n\n", "text/event-stream"},
		{"application/json", "data: {}\n\n", "text/event-stream"},
		{"", ": keep-alive\n\n", "text/event-stream"},
		{"text/plain", "retry: 5\n\n", "text/event-stream"},
		{"text/plain", "<!doctype html>", "text/html"},
		{"text/plain", "not found", "text/plain"},
		{"text/plain", "", "text/plain"},
		{"application/json", "   ", "application/json"},
	}
	for _, tt := range tests {
		resp := answer(nil, 200, tt.contentType, "")
		resp.Body = io.NopCloser(iotest.OneByteReader(strings.NewReader(tt.body)))
		sniff(resp)
		if got := resp.Header.Get("Content-Type"); got != tt.want {
			t.Errorf("%q as %q: %q, want %q", tt.body, tt.contentType, got, tt.want)
		}
		if body, err := io.ReadAll(resp.Body); err != nil || string(body) != tt.body {
			t.Errorf("body %q, %v, want %q", body, err, tt.body)
		}
	}
}

// BenchmarkEnvelope compares the quoting with that of jsontext, on about 1 MiB of
// records and of prose.
func BenchmarkEnvelope(b *testing.B) {
	for name, piece := range map[string]string{
		"records": `{"name":"ucbridge","full_name":"example/ucbridge","stars":12345,"topics":["mcp"]},`,
		"prose":   "A sentence of some sixty-four bytes, with an end that is a line.\n",
	} {
		message := bytes.Repeat([]byte(piece), 1<<20/len(piece))
		d, req := destination{connection: "c"}, &http.Request{Method: "POST"}
		b.Run(name+"/envelope", func(b *testing.B) {
			b.SetBytes(int64(len(message)))
			for b.Loop() {
				if _, err := envelope(d, req, bytes.NewReader(message), len(message)); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run(name+"/jsontext", func(b *testing.B) {
			b.SetBytes(int64(len(message)))
			for b.Loop() {
				if _, err := jsontext.AppendQuote(make([]byte, 0, len(message)*5/4), message); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
