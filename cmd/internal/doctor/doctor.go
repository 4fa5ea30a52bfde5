// Package doctor finds out what stands between an AI client and an MCP server:
// every step of the way is a check of its own, with what was found and one thing
// to do where it is at fault. It changes nothing and remembers nothing.
package doctor

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"ucbridge/bridge/refusal"
)

const (
	// checkTimeout bounds one check. Signing in may run a program, and the slowest
	// API answers in seconds.
	checkTimeout = 15 * time.Second
	// graceTimeout is how long a check may take to notice that its time is up.
	graceTimeout = time.Second
	// totalTimeout bounds the whole.
	totalTimeout = time.Minute
	// maxTargets is how many checks of several targets are carried out at once.
	maxTargets = 8
)

// Check is one step of the way.
type Check struct {
	// ID is stable and made for programs and people.
	ID string
	// Target names the one of several that the check is about.
	Target string
	// needs are the checks, earlier in the list, without which this one means
	// nothing: where one of them failed it is skipped.
	needs []string
	run   func(context.Context) Finding
	// routine says that nobody needs to read what was found while it is well.
	routine bool
	// reach says that a failure means that the server cannot be reached.
	reach bool
}

// Status is what became of a check.
type Status string

// The states of a check. Skipped is one that was not carried out, or that found
// nothing to tell by.
const (
	OK      Status = "ok"
	Failed  Status = "failed"
	Skipped Status = "skipped"
)

// Finding is the outcome of a check. Its words hold nothing from outside that is
// not cleaned, and no secret.
type Finding struct {
	Status Status `json:"status"`
	// Detail says in one sentence what was found.
	Detail string `json:"detail"`
	// Hint is one thing to do, empty where there is nothing to do.
	Hint string `json:"hint,omitempty"`
	// Data is what was found, for programs.
	Data any `json:"data,omitempty"`
	// Err is why the check failed.
	Err error `json:"-"`
	// news is for everybody to read, also where the check is routine and all is well.
	news bool
	// onceWell says that the hint is for the time when nothing has failed.
	onceWell bool
}

// Result is a finished check.
type Result struct {
	ID     string `json:"id"`
	Target string `json:"target,omitempty"` // of several the one that the check was about
	Finding
	// Unreachable says that the check failed, and that with it the server cannot be
	// reached.
	Unreachable bool   `json:"-"`
	routine     bool   // that of the check
	cause       string // the failed check that kept this one from being carried out
}

// Run carries out the checks, those that need nothing of each other side by side,
// and returns when all have ended or their time is up. Each is told of in the
// order of the list: begin when it is the next whose end is waited for, end when
// it has ended. Both are called from the calling goroutine.
func Run(ctx context.Context, checks []Check, begin func(id string), end func(Result)) []Result {
	ctx, cancel := context.WithTimeout(ctx, totalTimeout)
	defer cancel()
	type slot struct {
		done   chan struct{}
		result Result
	}
	type key struct{ target, id string }
	slots := make(map[key]*slot, len(checks))
	for _, c := range checks {
		slots[key{c.Target, c.ID}] = &slot{done: make(chan struct{})}
	}
	turns := make(chan struct{}, maxTargets)
	for _, c := range checks {
		own := slots[key{c.Target, c.ID}]
		go func() {
			defer close(own.done)
			own.result = Result{ID: c.ID, Target: c.Target, routine: c.routine}
			for _, id := range c.needs {
				need := slots[key{c.Target, id}]
				if need == nil { // one that is about all of them
					need = slots[key{"", id}]
				}
				<-need.done
				if own.result.cause = need.result.cause; need.result.Status == Failed {
					own.result.cause = id
				}
				if own.result.cause != "" {
					own.result.Finding = skipped("not checked: %s failed", own.result.cause)
					return
				}
			}
			if c.Target != "" {
				turns <- struct{}{}
				defer func() { <-turns }()
			}
			own.result.Finding = carryOut(ctx, c)
			own.result.Unreachable = own.result.Status == Failed &&
				(c.reach || reason(own.result.Err).ExitCode() == refusal.ExitUnreachable)
		}()
	}
	var results []Result
	for _, c := range checks {
		own := slots[key{c.Target, c.ID}]
		begin(c.ID)
		<-own.done
		end(own.result)
		results = append(results, own.result)
	}
	return results
}

// carryOut runs one check and returns in time, whatever it does.
func carryOut(ctx context.Context, c Check) Finding {
	timed, cancel := context.WithTimeout(ctx, checkTimeout)
	defer cancel()
	found := make(chan Finding, 1)
	go func() { found <- c.run(timed) }()
	select {
	case f := <-found:
		return f
	case <-timed.Done():
	}
	limit := time.NewTimer(graceTimeout)
	defer limit.Stop()
	select {
	case f := <-found:
		return f
	case <-limit.C:
		return fault(timed.Err())
	}
}

func ok(format string, args ...any) Finding {
	return Finding{Status: OK, Detail: fmt.Sprintf(format, args...)}
}

func skipped(format string, args ...any) Finding {
	return Finding{Status: Skipped, Detail: fmt.Sprintf(format, args...)}
}

func (f Finding) withData(data any) Finding {
	f.Data = data
	return f
}

func (f Finding) withHint(format string, args ...any) Finding {
	f.Hint = fmt.Sprintf(format, args...)
	return f
}

// step is what to do about one of several faults, and what it is about.
type step struct{ about, hint string }

// next is the hint of several steps: a line each, which says what it is about where there
// are others.
func next(steps []step) string {
	var lines []string
	for _, s := range steps {
		line := s.hint
		if s.about != "" && len(steps) > 1 {
			line = s.about + ": " + s.hint
		}
		if s.hint != "" && !slices.Contains(lines, line) {
			lines = append(lines, line)
		}
	}
	return strings.Join(lines, "\n")
}
