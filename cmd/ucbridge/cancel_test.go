package main

import (
	"bytes"
	"net/http"
	"slices"
	"testing"
	"time"

	"ucbridge/bridge/emulator"
)

// TestCallCancelled interrupts a call. In the revisions with sessions the server is
// told so; in 2026-07-28 the closed stream says it.
func TestCallCancelled(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		legacy bool
		want   string // a message that is done with then
	}{
		{"with a session", true, "notifications/cancelled"},
		{"2026-07-28", false, "tools/call"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := workspace(t)
			if tt.legacy {
				w.Inject(emulator.Fault{RPCMethod: "server/discover", Status: http.StatusNotFound})
			}
			env := demoEnvironment(nil, w.URL(), t.TempDir())
			cmd := process(t, env, "call", "slow", "duration=1h", "--connection", "github")
			d := start(t, cmd)
			await(t, func() bool { return w.Executions("slow") == 1 })
			if err := interrupt(cmd.Process); err != nil {
				t.Fatal(err)
			}
			if got := d.exit(t); got != 130 {
				t.Errorf("exit code %d, want 130", got)
			}
			if stderr := cmd.Stderr.(*bytes.Buffer).String(); stderr != "" {
				t.Errorf("stderr: %s", stderr)
			}
			await(t, func() bool {
				return slices.ContainsFunc(w.Exchanges(), func(e emulator.Exchange) bool { return e.RPCMethod == tt.want && e.Duration > 0 })
			})
		})
	}
}

// longestTalk bounds what a test waits for, which only matters when it fails.
const longestTalk = 3 * time.Minute

// await returns when done is true.
func await(t *testing.T, done func() bool) {
	t.Helper()
	deadline := time.After(longestTalk)
	for !done() {
		select {
		case <-time.After(time.Millisecond):
		case <-deadline:
			t.Fatal("it did not happen")
		}
	}
}
