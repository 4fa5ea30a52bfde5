package gateway

import (
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"ucbridge/bridge/databricks"
	"ucbridge/bridge/jsonrpc"
	"ucbridge/bridge/scim"
	"ucbridge/bridge/telemetry"
)

// BenchmarkServe carries calls through a gateway to a server that does nothing. What
// net/http does with the caller's connection is not in it, what it does with the
// server's is.
func BenchmarkServe(b *testing.B) {
	upstream := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet { // who the caller is
			_, _ = io.WriteString(w, `{"userName":"ada@example.com"}`)
			return
		}
		body, err := io.ReadAll(r.Body)
		if err != nil {
			b.Error(err)
		}
		m, err := jsonrpc.Parse(body)
		if err != nil {
			b.Error(err)
		}
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, `{"jsonrpc":"2.0","id":`+string(m.ID)+`,"result":{"content":[{"type":"text","text":"hello"}]}}`)
	}))
	defer upstream.Close()
	log := slog.New(slog.NewJSONHandler(io.Discard, nil))
	me, err := databricks.Open(databricks.Options{Target: databricks.Target{URL: scim.MePath}, OnBehalf: true, Host: upstream.URL, Log: log})
	if err != nil {
		b.Fatal(err)
	}
	defer me.Close()
	for _, route := range []string{"proxy", "mcp-external"} {
		transport, err := me.Beside(databricks.Target{Connection: "x", Route: route})
		if err != nil {
			b.Fatal(err)
		}
		tracer := telemetry.Open("0.0.0", log)
		h := New(Options{
			Endpoints: []Endpoint{{Path: "/mcp/x", Transport: transport}}, MaxMessage: 1 << 20, Tracer: tracer, Log: log,
			Auth: Authenticator{OnBehalf: true, Believed: true, People: NewPeople(me)},
		}).Handler()
		b.Run(route, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				req := httptest.NewRequest(http.MethodPost, "/mcp/x", strings.NewReader(`{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"echo","arguments":{"text":"hello"}}}`))
				req.Header.Set("Content-Type", "application/json")
				req.Header.Set("Accept", "application/json, text/event-stream")
				req.Header.Set("X-Forwarded-Access-Token", "token")
				req.Header.Set("X-Forwarded-Email", "ada@example.com")
				w := deadlined{httptest.NewRecorder()}
				if h.ServeHTTP(w, req); w.Code != http.StatusOK {
					b.Fatalf("%d %s", w.Code, w.Body)
				}
			}
		})
		if err := tracer.Close(b.Context()); err != nil {
			b.Fatal(err)
		}
	}
}

// deadlined is a connection of net/http, which has deadlines.
type deadlined struct{ *httptest.ResponseRecorder }

func (deadlined) SetReadDeadline(time.Time) error  { return nil }
func (deadlined) SetWriteDeadline(time.Time) error { return nil }
