package aggregate

import (
	"log/slog"
	"runtime/debug"
)

// guard runs work. A fault of ucbridge's own would end the process, and with it all else
// that the client does: it is logged and told to failed, if set. Every goroutine of an
// aggregate runs under it.
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
