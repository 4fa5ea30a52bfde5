package otlp

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
)

// collector answers a request by its number, from 0.
type collector func(attempt int, r *http.Request) (*http.Response, error)

func answer(status int, body string, header ...string) (*http.Response, error) {
	h := http.Header{"Content-Type": {"application/json"}}
	for i := 0; i < len(header); i += 2 {
		h.Set(header[i], header[i+1])
	}
	return &http.Response{StatusCode: status, Status: http.StatusText(status), Header: h, Body: io.NopCloser(strings.NewReader(body))}, nil
}

// spans are one.
var spans = tracetest.SpanStubs{{Name: "one"}}.Snapshots()

// TestAttempts: what may succeed later is tried again, not too early and not for
// ever, and nothing else is.
func TestAttempts(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name      string
		collector collector
		attempts  int
		atLeast   time.Duration
		err       string
	}{
		{"taken", func(int, *http.Request) (*http.Response, error) { return answer(200, "") }, 1, 0, ""},
		{"busy for a while", func(n int, _ *http.Request) (*http.Response, error) {
			if n < 2 {
				return answer(503, "later")
			}
			return answer(200, "{}")
		}, 3, 7500 * time.Millisecond, ""},
		{"says when", func(n int, _ *http.Request) (*http.Response, error) {
			if n == 0 {
				return answer(429, "", "Retry-After", "20")
			}
			return answer(200, "")
		}, 2, 20 * time.Second, ""},
		{"says far too late", func(int, *http.Request) (*http.Response, error) {
			return answer(503, "", "Retry-After", "999999999999")
		}, 1, 0, "Service Unavailable"},
		{"not there yet", func(n int, _ *http.Request) (*http.Response, error) {
			if n == 0 {
				return nil, errors.New("connection refused")
			}
			return answer(200, "")
		}, 2, 2500 * time.Millisecond, ""},
		{"refused", func(int, *http.Request) (*http.Response, error) { return answer(400, "what is this?") }, 1, 0, "what is this?"},
		{"taken in part", func(int, *http.Request) (*http.Response, error) {
			return answer(200, `{"partialSuccess":{"rejectedSpans":"1","errorMessage":"too old"}}`)
		}, 1, 0, "too old"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				e, attempts := newExporter(tt.collector)
				began := time.Now()
				err := e.ExportSpans(t.Context(), spans)
				if (err == nil) != (tt.err == "") || err != nil && !strings.Contains(err.Error(), tt.err) {
					t.Errorf("error %v, want %q", err, tt.err)
				}
				if *attempts != tt.attempts {
					t.Errorf("%d attempts, want %d", *attempts, tt.attempts)
				}
				if took := time.Since(began); took < tt.atLeast || took > maxElapsed {
					t.Errorf("took %v, want at least %v", took, tt.atLeast)
				}
			})
		})
	}
}

// A collector that is never there must hold up neither later batches nor the end of
// the process.
func TestGivesUp(t *testing.T) {
	t.Parallel()
	never := func(int, *http.Request) (*http.Response, error) { return answer(503, "") }
	synctest.Test(t, func(t *testing.T) {
		e, attempts := newExporter(never)
		began := time.Now()
		if err := e.ExportSpans(t.Context(), spans); err == nil || *attempts < 3 || time.Since(began) > maxElapsed {
			t.Errorf("error %v after %d attempts in %v", err, *attempts, time.Since(began))
		}
	})
	synctest.Test(t, func(t *testing.T) {
		e, _ := newExporter(never)
		time.AfterFunc(time.Second, func() { _ = e.Shutdown(context.Background()) })
		began := time.Now()
		if err := e.ExportSpans(t.Context(), spans); err == nil || time.Since(began) != time.Second {
			t.Errorf("error %v, %v after Shutdown", err, time.Since(began)-time.Second)
		}
	})
}

// TestPlaceInErrors: what an endpoint has of secrets is in no error.
func TestPlaceInErrors(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]collector{
		"refused":     func(int, *http.Request) (*http.Response, error) { return answer(403, "no") },
		"unreachable": func(int, *http.Request) (*http.Response, error) { return nil, errors.New("no route") },
	} {
		synctest.Test(t, func(t *testing.T) {
			e, _ := newExporter(c)
			e.settings.endpoint = &url.URL{Scheme: "https", User: url.UserPassword("ada", "pass"), Host: "c.test", Path: "/v1/traces", RawQuery: "api_key=hidden"}
			err := e.ExportSpans(t.Context(), spans)
			if err == nil || !strings.Contains(err.Error(), "https://c.test/v1/traces") || strings.Contains(err.Error(), "pass") || strings.Contains(err.Error(), "hidden") {
				t.Errorf("%s: %v", name, err)
			}
		})
	}
}

// TestRedirect: headers stay with the host that they are for, and a page at the end of a
// redirect is not taken for an answer; what to do is said.
func TestRedirect(t *testing.T) {
	t.Parallel()
	for status, variable := range map[int]string{301: "OTEL_EXPORTER_OTLP_ENDPOINT", 307: "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"} {
		synctest.Test(t, func(t *testing.T) {
			e, attempts := newExporter(func(int, *http.Request) (*http.Response, error) {
				return answer(status, "", "Location", "https://elsewhere.test/")
			})
			e.settings = readSettings(func(name string) string { return map[string]string{variable: "http://collector.test"}[name] })
			err := e.ExportSpans(t.Context(), spans)
			if err == nil || *attempts != 1 || !strings.Contains(err.Error(), "redirects are not followed: set "+variable+" to ") {
				t.Errorf("%d: %v after %d requests", status, err, *attempts)
			}
		})
	}
}

// TestInvalidText: text that is no UTF-8 does not cost the batch that it is in.
func TestInvalidText(t *testing.T) {
	t.Parallel()
	odd := tracetest.SpanStubs{{Name: "a\xffb", Attributes: []attribute.KeyValue{attribute.String("mcp.session.id", "c\xffd")}}}.Snapshots()
	for _, inJSON := range []bool{false, true} {
		raw, err := newRequest(odd).encode(inJSON)
		if err != nil || bytes.Contains(raw, []byte{0xff}) {
			t.Errorf("JSON %v: %q, %v", inJSON, raw, err)
		}
		text := strings.ReplaceAll(string(raw), `\ufffd`, "\uFFFD")
		if !strings.Contains(text, "a\uFFFDb") || !strings.Contains(text, "c\uFFFDd") {
			t.Errorf("JSON %v: the text is not in %q", inJSON, raw)
		}
	}
}

func newExporter(c collector) (*Exporter, *int) {
	e, attempts := New(func(string) string { return "" }), 0
	e.client.Transport = transport(func(r *http.Request) (*http.Response, error) {
		attempts++
		return c(attempts-1, r)
	})
	return e, &attempts
}

type transport func(*http.Request) (*http.Response, error)

func (f transport) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func TestSettings(t *testing.T) {
	unreadable := 0
	otel.SetErrorHandler(otel.ErrorHandlerFunc(func(error) { unreadable++ }))
	type wanted struct {
		Endpoint   string
		Headers    map[string]string
		Timeout    time.Duration
		Gzip, JSON bool
		TLS        bool
		Unreadable int
	}
	dir := t.TempDir()
	noPEM := filepath.Join(dir, "no.pem")
	if err := os.WriteFile(noPEM, []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	none := map[string]string{}
	tests := []struct {
		name string
		env  string // lines of NAME=value, without OTEL_EXPORTER_OTLP_
		want wanted
	}{
		{"nothing", "", wanted{defaultEndpoint, none, defaultTimeout, false, false, false, 0}},
		{"a base", "ENDPOINT=http://c:4318", wanted{"http://c:4318/v1/traces", none, defaultTimeout, false, false, false, 0}},
		{"a base with a path", "ENDPOINT=https://c/otlp/", wanted{"https://c/otlp/v1/traces", none, defaultTimeout, false, false, false, 0}},
		{
			"one for traces goes first, and is taken as it is", "ENDPOINT=http://c\nTRACES_ENDPOINT=http://d/api/x?a=b\nTIMEOUT=1\nTRACES_TIMEOUT=500",
			wanted{"http://d/api/x?a=b", none, 500 * time.Millisecond, false, false, false, 0},
		},
		{"one for traces without a path", "TRACES_ENDPOINT=http://d", wanted{"http://d/", none, defaultTimeout, false, false, false, 0}},
		{"TLS is what the scheme says", "ENDPOINT=HTTPS://c\nINSECURE=TRUE", wanted{"https://c/v1/traces", none, defaultTimeout, false, false, false, 0}},
		{"in capitals", "COMPRESSION=GZIP\nPROTOCOL=HTTP/JSON\nTIMEOUT=0", wanted{defaultEndpoint, none, 0, true, true, false, 0}},
		{
			"headers", "HEADERS=a=1, Authorization=Basic%20eDp5=,b\nCOMPRESSION=gzip\nPROTOCOL=http/json",
			wanted{defaultEndpoint, map[string]string{"a": "1", "Authorization": "Basic eDp5="}, defaultTimeout, true, true, false, 1},
		},
		{
			"unreadable", "ENDPOINT=c:4318\nTIMEOUT=10s\nPROTOCOL=grpc\nHEADERS=a b=1,c=%zz\nCERTIFICATE=/nowhere\nCLIENT_CERTIFICATE=/nowhere\nCLIENT_KEY=/nowhere",
			wanted{defaultEndpoint, none, defaultTimeout, false, false, false, 7},
		},
		{
			"unreadable in other ways", "ENDPOINT=ftp://c\nTIMEOUT=-5\nCOMPRESSION=zstd\nHEADERS=a=1%0d%0aX: 2\nCLIENT_KEY=/nowhere",
			wanted{defaultEndpoint, none, defaultTimeout, false, false, false, 5},
		},
		{"too long a time, and a certificate alone", "TIMEOUT=9300000000000000\nCLIENT_CERTIFICATE=/nowhere", wanted{defaultEndpoint, none, defaultTimeout, false, false, false, 2}},
		{"a port alone", "ENDPOINT=http://:4318", wanted{defaultEndpoint, none, defaultTimeout, false, false, false, 1}},
		{"not PEM", "CERTIFICATE=" + noPEM, wanted{defaultEndpoint, none, defaultTimeout, false, false, false, 1}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			unreadable = 0
			s := readSettings(func(name string) string {
				for line := range strings.SplitSeq(tt.env, "\n") {
					if key, value, _ := strings.Cut(line, "="); "OTEL_EXPORTER_OTLP_"+key == name {
						return value
					}
				}
				return ""
			})
			got := wanted{s.endpoint.String(), s.headers, s.timeout, s.gzip, s.json, s.tls != nil, unreadable}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

func TestRejection(t *testing.T) {
	t.Parallel()
	tests := []struct{ media, answer, want string }{
		{"application/json", `{}`, ""},
		{"application/json", `{"partialSuccess":{}}`, ""},
		{"application/json; charset=utf-8", `{"partialSuccess":{"rejectedSpans":3,"errorMessage":"x"}}`, `refused 3 spans: "x"`},
		{"application/json", `{`, "reading"},
		{"application/x-protobuf", "", ""},
		{"application/x-protobuf", "\x0a\x00", ""},
		{"application/x-protobuf", "\x0a\x05\x08\x03\x12\x01x", `refused 3 spans: "x"`},
		{"application/x-protobuf", "\x0a\x05\x08", "reading"},
		{"application/x-protobuf", "\x0a\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", "reading"},
		{"application/x-protobuf", "\xff", "reading"},
		{"text/html", "<p>hello", ""},
		{"application/json", `{"partialSuccess":{"errorMessage":"old fields"}}`, `warns: "old fields"`},
	}
	for _, tt := range tests {
		err := rejection(tt.media, []byte(tt.answer))
		if (err == nil) != (tt.want == "") || err != nil && !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s %q: %v, want %q", tt.media, tt.answer, err, tt.want)
		}
	}
}

var _ sdktrace.SpanExporter = (*Exporter)(nil)
