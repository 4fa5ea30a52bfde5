package carrier

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// What arrives is the message as it was, with the session of the first answer.
func TestPost(t *testing.T) {
	t.Parallel()
	const message = `{"id":1,"text":"a \"quoted\" word\n, a path C:\\tmp"}`
	tests := []struct {
		route, path string
		read        func(*testing.T, *http.Request, []byte) (session, message string)
	}{
		{"proxy", "/api/2.0/unity-catalog/connections/bench/proxy", readPlain},
		{"external-function", "/api/2.0/external-function", readEnvelope},
	}
	for _, tt := range tests {
		t.Run(tt.route, func(t *testing.T) {
			t.Parallel()
			type arrival struct{ Path, Authorization, Session, Message string }
			var got []arrival
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				body, err := io.ReadAll(r.Body)
				if err != nil {
					t.Error(err)
				}
				session, message := tt.read(t, r, body)
				got = append(got, arrival{r.URL.Path, r.Header.Get("Authorization"), session, message})
				w.Header().Set("Mcp-Session-Id", "s-1")
			}))
			defer server.Close()
			c, err := New(server.URL, "secret", "bench", tt.route)
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			for range 2 {
				resp, err := c.Post(t.Context(), []byte(message))
				if err != nil {
					t.Fatal(err)
				}
				resp.Body.Close()
			}
			want := []arrival{{tt.path, "Bearer secret", "", message}, {tt.path, "Bearer secret", "s-1", message}}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

func readPlain(_ *testing.T, r *http.Request, body []byte) (session, message string) {
	return r.Header.Get("Mcp-Session-Id"), string(body)
}

func readEnvelope(t *testing.T, _ *http.Request, body []byte) (session, message string) {
	var envelope struct{ Headers, JSON string }
	if err := json.Unmarshal(body, &envelope); err != nil {
		t.Error(err)
	}
	var headers map[string]string
	if err := json.Unmarshal([]byte(envelope.Headers), &headers); err != nil {
		t.Error(err)
	}
	return headers["Mcp-Session-Id"], envelope.JSON
}

func TestNewRefusesUnknownRoutes(t *testing.T) {
	t.Parallel()
	if _, err := New("http://127.0.0.1:1", "", "bench", "auto"); err == nil {
		t.Error("no error")
	}
}
