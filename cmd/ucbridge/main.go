// Command ucbridge makes an MCP server that Unity Catalog governs look like a
// local tool to an AI client. See ucbridge --help.
package main

import (
	"context"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"

	"ucbridge/bridge/policy"
)

// version is set by the linker: -ldflags '-X main.version=1.2.3'.
var version string

// managed is where the administrator's policy is. Nothing but the program of the tests
// sets it.
var managed policy.Managed

// main alone ends the process and knows the standard streams.
func main() {
	// The real stdout belongs to JSON-RPC and is handed to whoever may write
	// there. Everybody else who means to print, a library above all, gets stderr.
	s := streams{in: os.Stdin, out: os.Stdout, err: os.Stderr}
	os.Stdout = os.Stderr

	// A client that closes its end of stderr or stdout must not kill the
	// process: with SIGPIPE caught, the write returns an error instead.
	signal.Notify(make(chan os.Signal, 1), syscall.SIGPIPE)

	// A bridge lives on a small heap that it fills with short-lived messages: with
	// Go's default it would collect twice as often, for 6 % of its CPU.
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(200)
	}

	os.Exit(run(untilSignal(context.Background()), os.Args[1:], s))
}

// untilSignal returns a context that the first SIGINT or SIGTERM ends, with an
// interruption as its cause. A second signal ends the process at once.
func untilSignal(parent context.Context) context.Context {
	ctx, cancel := context.WithCancelCause(parent)
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	go func() {
		received := <-signals
		signal.Stop(signals)
		if number, ok := received.(syscall.Signal); ok { // as all of os/signal's are
			cancel(interruption{number})
		}
	}()
	return ctx
}

// interruption is the cause of a context that a signal ended. NotifyContext of
// os/signal has one too, but keeps to itself which signal it was.
type interruption struct{ syscall.Signal }

func (i interruption) Error() string { return i.Signal.String() }
