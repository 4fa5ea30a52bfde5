package session

import (
	"context"
	"errors"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"ucbridge/bridge/jsonrpc"
	"ucbridge/bridge/refusal"
)

// TestHeldBackUntilTheLastMoment: whoever was held back until there was no time for a try
// of its own is told what held it back, and not that the time is over.
func TestHeldBackUntilTheLastMoment(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		limited := refusal.New(refusal.RateLimited, "too many")
		r := &retries{timeouts: &timeouts{connect: 10 * time.Second}, log: slog.New(slog.DiscardHandler)}
		r.breaker.trip(0, limited, 8*time.Second, maxBackoff)
		m, err := jsonrpc.Parse([]byte(`{"jsonrpc":"2.0","id":1,"method":"initialize","params":{}}`))
		if err != nil {
			t.Fatal(err)
		}
		x := newExchange(t.Context(), m)
		x.clock.start(10*time.Second, func() { x.cancel(errDeadline) })
		tries := 0
		err = r.withBackoff(x, func() error {
			tries++
			<-x.ctx.Done()
			return context.Cause(x.ctx)
		})
		if tries != 1 || !errors.Is(err, limited) {
			t.Errorf("%d tries: %v", tries, err)
		}
	})
}
