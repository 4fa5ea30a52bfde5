package session

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"ucbridge/bridge/jsonrpc"
	"ucbridge/bridge/mcp"
	"ucbridge/bridge/refusal"
	"ucbridge/bridge/streamable"
)

// A cut after a whole number of silent seconds is the work of something on the way,
// and of that for certain when it comes again. Others have no such cause.
func TestSilenceIsCut(t *testing.T) {
	t.Parallel()
	gatewayTimeout := refusal.New(refusal.Intercepted, "Something answered.").WithHint("own")
	gatewayTimeout.Data.HTTPStatus = 504
	cutOff := &streamable.CutError{Err: io.ErrUnexpectedEOF}
	for _, tt := range []struct {
		name        string
		quiet       time.Duration
		err         error
		first, next string // in the texts of two calls one after the other
	}{
		{"a minute", time.Minute + 20*time.Millisecond, cutOff, "something in between seems to end answers that are silent for 1m0s", "something in between ends answers that are silent for 1m0s"},
		{"half a minute", 30 * time.Second, cutOff, "something in between seems to end answers that are silent for 30s", "something in between ends answers"},
		{"a page after a minute", time.Minute, gatewayTimeout, "something in between seems to end answers that are silent for 1m0s", "something in between ends answers"},
		{"a dead connection", 30 * time.Second, &streamable.CutError{Err: errors.New("http2: client connection lost")}, "The connection is dead", "The connection is dead"},
		{"at some time", 61400 * time.Millisecond, cutOff, "The connection broke before", "The connection broke before"},
		{"at once", time.Second, cutOff, "The connection broke before", "The connection broke before"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			u := &scripted{fail: func(m jsonrpc.Message) error {
				if m.Method != mcp.CallTool {
					return nil
				}
				time.Sleep(tt.quiet)
				return tt.err
			}}
			inBubble(t, Options{}, u, func(t *testing.T, c *client) {
				for i, want := range []string{tt.first, tt.next} {
					c.send(fmt.Sprintf(callX, i))
					got := c.next()
					if !strings.Contains(got, want) || !strings.Contains(want, "in between") && strings.Contains(got, "silent for") || !strings.Contains(got, "may have run") {
						t.Errorf("call %d: %s", i, got)
					}
				}
			})
		})
	}
}

// Silence begins anew with every message.
func TestSilenceAfterProgress(t *testing.T) {
	t.Parallel()
	u := &scripted{answer: func(_ context.Context, _ jsonrpc.Message, say func(string) bool) {
		time.Sleep(17300 * time.Millisecond)
		say(`{"jsonrpc":"2.0","method":"notifications/progress","params":{}}`)
		time.Sleep(50 * time.Second)
	}, end: &streamable.CutError{Err: io.ErrUnexpectedEOF}}
	inBubble(t, Options{}, u, func(t *testing.T, c *client) {
		c.send(fmt.Sprintf(callX, 1))
		c.next()
		if got := c.next(); !strings.Contains(got, "silent for 50s") {
			t.Errorf("got %s", got)
		}
	})
}
