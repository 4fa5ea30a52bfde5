package session

import (
	"context"
	"log/slog"
	"runtime/debug"
	"time"
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
		guard(t.log, nil, work)
	}()
}

// guard runs work. A fault of the bridge's own, which would end the process and with
// it everything else that the client does, is logged and told to failed, if set.
// Every goroutine of a session runs under it.
func guard(log *slog.Logger, failed func(), work func()) {
	defer func() {
		if fault := recover(); fault != nil {
			log.Error("a fault of ucbridge", "fault", fault, "stack", string(debug.Stack()))
			if failed != nil {
				guard(log, nil, failed)
			}
		}
	}()
	work()
}

// timeouts are the deadlines of requests.
type timeouts struct {
	call    time.Duration // of a request, 0 for none
	idle    time.Duration // between two signs of the server, 0 for none
	connect time.Duration // of a handshake, and of a request of the bridge's own
}
