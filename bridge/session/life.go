package session

import (
	"context"
	"log/slog"
	"time"

	"ucbridge/bridge/guard"
)

// life is what the parts of a session have in common: the context that ends with
// it, and the goroutines that its end waits for.
type life struct {
	ctx    context.Context
	cancel context.CancelCauseFunc
	log    *slog.Logger

	working    tasks // what the client waits for: its requests and notifications
	background tasks // what the session does on its own account
}

// tasks are goroutines that somebody waits for.
type tasks struct {
	counter
	log *slog.Logger
}

// run runs work in a goroutine.
func (t *tasks) run(work func()) {
	t.add(1)
	go func() {
		defer t.add(-1)
		guard.Run(t.log, nil, work)
	}()
}

// timeouts are the deadlines of requests.
type timeouts struct {
	call    time.Duration // of a request, 0 for none
	idle    time.Duration // between two signs of the server, 0 for none
	connect time.Duration // of a handshake, and of a request of the bridge's own
}
