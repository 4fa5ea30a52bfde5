// Package guard keeps a fault of ucbridge's own from ending the process.
package guard

import (
	"log/slog"
	"runtime/debug"
)

// Run runs work. A fault (panic) in it would end the process, and with it all else that
// the client does: it is logged with its stack and told to failed, if set, which runs
// under guard, too. Goroutines that carry messages run under it.
func Run(log *slog.Logger, failed func(), work func()) {
	defer func() {
		if fault := recover(); fault != nil {
			log.Error("a fault of ucbridge", "fault", fault, "stack", string(debug.Stack()))
			if failed != nil {
				Run(log, nil, failed)
			}
		}
	}()
	work()
}
