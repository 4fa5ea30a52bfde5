package inprocess

import (
	"bytes"
	"log/slog"
	"net/http"
	"strings"
	"testing"
)

// TestFaultInside has a handler fail as no handler should. It is one request's end,
// as it would be in a server, and not that of the process.
func TestFaultInside(t *testing.T) {
	t.Parallel()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://x/mcp/x", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	var log bytes.Buffer
	faulty := Transport{Handler: func(http.ResponseWriter, *http.Request) { panic("a fault") }, Log: slog.New(slog.NewTextHandler(&log, nil))}
	resp, err := faulty.RoundTrip(req)
	if err != nil || resp.StatusCode != http.StatusBadGateway {
		t.Fatalf("%v, %v", resp, err)
	}
	resp.Body.Close() // waits for the handler
	if !strings.Contains(log.String(), "a fault") || !strings.Contains(log.String(), "inprocess_test.go") {
		t.Errorf("the log does not say what happened where: %s", &log)
	}
}
