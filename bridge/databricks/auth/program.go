package auth

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"ucbridge/bridge/childprocess"
	"ucbridge/bridge/refusal"
)

// programTimeout bounds one run of a program that gives tokens. The Databricks CLI
// retries an unreachable host for ten minutes, and each may wait for its user, at a
// keychain's question.
const programTimeout = 2 * time.Minute

// programs runs the programs that hold logins and give tokens: the Databricks CLI and
// the Azure CLI. Runs end with ctx. It is safe for concurrent use.
type programs struct {
	ctx     context.Context
	running *sync.RWMutex // held for reading by each run
	// waiting is the command that runs now, or has run into programTimeout; nil for
	// none.
	waiting atomic.Pointer[[]string]
}

// errProgramSilent ends a run that has taken too long.
var errProgramSilent = errors.New("the program gave no token")

// output runs a command in a process group of its own, which ends with the context
// and after programTimeout. What it prints to stderr is in the error.
func (p *programs) output(command []string) ([]byte, error) {
	p.running.RLock()
	defer p.running.RUnlock()
	p.waiting.Store(&command)
	ctx, cancel := context.WithTimeoutCause(p.ctx, programTimeout, errProgramSilent)
	defer cancel()
	out, said, err := childprocess.Output(exec.CommandContext(ctx, command[0], command[1:]...))
	if err != nil && ctx.Err() != nil {
		return nil, context.Cause(ctx) // waiting tells of it
	}
	p.waiting.Store(nil)
	if err == nil {
		return out, nil
	}
	if _, ok := errors.AsType[*exec.ExitError](err); ok {
		return nil, fmt.Errorf("cannot get access token: %s: %w", bytes.TrimSpace(said), err)
	}
	return nil, fmt.Errorf("running %s: %w", titleOf(command), err)
}

// titleOf is what a command's program is called.
func titleOf(command []string) string {
	if programOf(command) == azProgram {
		return "the Azure CLI"
	}
	return "the Databricks CLI"
}

// programOf is the name of a command's program, as it is typed.
func programOf(command []string) string {
	name := filepath.Base(command[0])
	return strings.TrimSuffix(strings.TrimSuffix(name, ".exe"), ".cmd")
}

// programSilent words a program that has given no token within the time, and the
// command that shows why.
func programSilent(command []string, within time.Duration) *refusal.Error {
	words := []string{programOf(command)}
	for _, argument := range command[1:] {
		words = append(words, word(argument))
	}
	title := titleOf(command)
	e := refusal.New(refusal.NotAuthenticated, "T%s gave no token within %s: a sign-in or keychain window may be waiting for an answer.", title[1:], within.Round(time.Second)).
		WithHint("run this in a terminal and see what it asks: %s", strings.Join(words, " "))
	e.Data.Retryable = true
	return e
}
