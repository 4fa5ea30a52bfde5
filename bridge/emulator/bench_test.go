package emulator_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"

	"ucbridge/bridge/emulator"
)

// What the workspace itself costs: every measurement of the bridge rests on it.
func BenchmarkRoads(b *testing.B) {
	small := `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"echo","arguments":{"text":"hi"}}}`
	for _, size := range []struct {
		name             string
		question, answer string
	}{
		{"small", small, small},
		{"argument 1 MiB", `{"jsonrpc":"2.0","id":1,"method":"m","params":"` + strings.Repeat("x", 1<<20) + `"}`, small},
		{"answer 8 MiB", small, `{"jsonrpc":"2.0","id":1,"result":"` + strings.Repeat("x", 8<<20) + `"}`},
	} {
		for _, r := range []route{routes[0], routes[len(routes)-1]} {
			b.Run(size.name+"/"+r.name, func(b *testing.B) {
				w, err := emulator.Start(emulator.Options{})
				if err != nil {
					b.Fatal(err)
				}
				defer w.Close()
				w.AddConnection(emulator.Connection{Name: "github", Upstream: constant(b, size.answer)})
				body := size.question
				if r.wrap {
					body = envelope("github", body, nil)
				}
				tr := &http.Transport{MaxIdleConnsPerHost: 64}
				defer tr.CloseIdleConnections()
				b.SetBytes(int64(len(size.question) + len(size.answer)))
				b.ReportAllocs()
				for b.Loop() {
					req, _ := http.NewRequest("POST", w.URL()+r.path, strings.NewReader(body))
					req.Header.Set("Authorization", "Bearer "+ada)
					resp, err := tr.RoundTrip(req)
					if err != nil {
						b.Fatal(err)
					}
					_, _ = io.Copy(io.Discard, resp.Body)
					resp.Body.Close()
				}
			})
		}
	}
}

// constant is an upstream that answers everything with the same body.
func constant(b *testing.B, answer string) string {
	up := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Content-Length", strconv.Itoa(len(answer)))
		_, _ = io.WriteString(w, answer)
	}))
	b.Cleanup(up.Close)
	return up.URL
}
