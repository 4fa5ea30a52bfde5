package doctor

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/spf13/pflag"

	"ucbridge/cmd/internal/aiclient"
	"ucbridge/cmd/internal/terminal"
	"ucbridge/config"
)

const (
	// maxJudging is how many entries are judged at once.
	maxJudging = 4
	// judgingTimeout bounds one: the check of all must be told of in time.
	judgingTimeout = checkTimeout - 2*time.Second
)

// judged is an entry of a client in the data of the check.
type judged struct {
	Client string `json:"client"`
	Name   string `json:"name"`
	Check  string `json:"check,omitempty"` // the one that failed
	Detail string `json:"detail,omitempty"`
	// Unchecked says why nothing is known of the entry.
	Unchecked string `json:"unchecked,omitempty"`
	// Mistyped says which variables of its own were most likely meant for ucbridge.
	Mistyped []string `json:"mistyped,omitempty"`
	hint     string
}

// entries examines the target of each entry that clients start, but for the one that
// is examined anyway: by the entry's own arguments, and in the environment in which
// its client starts it. An entry that cannot work is shown as connected by its
// client, as ucbridge answers for the server.
func (m *machine) entries(ctx context.Context) Finding {
	self, err := os.Executable()
	if err != nil {
		return failed("this program cannot be found: %w", err)
	}
	var group sync.WaitGroup
	turns := make(chan struct{}, maxJudging)
	all := []*judged{}
	for _, state := range m.states() {
		for _, entry := range state.Ours() {
			environ := environment(state, entry)
			if m.missing(entry) != "" || m.examined(entry, environ) {
				continue
			}
			one := &judged{Client: state.Client.Title, Name: entry.Name, Mistyped: m.opts.Mistyped(own(entry))}
			all = append(all, one)
			group.Go(func() {
				turns <- struct{}{}
				defer func() { <-turns }()
				one.judge(ctx, self, stated{entry, state.Scope == aiclient.Project, environ})
			})
		}
	}
	group.Wait()
	return verdict(all)
}

// verdict is the finding on all entries. That a workspace cannot be reached is no
// fault of an entry: it may need another network.
func verdict(all []*judged) Finding {
	var broken, others []string
	var steps []step
	for _, one := range all {
		name := fmt.Sprintf("%s has %s", one.Client, terminal.Line(one.Name))
		switch {
		case one.Unchecked != "":
			others = append(others, name+", which is not checked: "+terminal.Line(one.Unchecked))
		case one.Check == "" && len(one.Mistyped) > 0:
			others = append(others, name+", where "+terminal.Line(strings.Join(one.Mistyped, " ")))
		case one.Check == "":
		case slices.Contains([]string{"proxy", "certificate", "workspace"}, one.Check):
			others = append(others, name+", whose workspace cannot be reached now")
		default:
			broken = append(broken, name+", which cannot work: "+strings.TrimSuffix(terminal.Line(one.Detail), "."))
			hint := strings.TrimSuffix(strings.Join(append(one.Mistyped, one.hint), "\n"), "\n")
			steps = append(steps, step{terminal.Line(one.Name), hint})
		}
	}
	switch {
	case len(broken) > 0:
		return failed("%s", strings.Join(broken, "; ")).withData(all).withHint("%s", next(steps))
	case len(others) > 0:
		f := ok("%s", strings.Join(others, "; ")).withData(all)
		f.news = true
		return f
	case len(all) == 0:
		return ok("no client has an entry for another target").withData(all)
	case len(all) == 1:
		return ok("1 other entry can work").withData(all)
	}
	return ok("%d other entries can work", len(all)).withData(all)
}

// judge runs this program to examine each target of the entry, up to one that fails.
func (j *judged) judge(ctx context.Context, self string, entry stated) {
	ctx, cancel := context.WithTimeout(ctx, judgingTimeout)
	defer cancel()
	targets, err := entry.targets()
	if reason, ok := errors.AsType[unchecked](err); ok {
		j.Unchecked = string(reason)
		return
	} else if err != nil {
		j.Check, j.Detail = "arguments", err.Error()
		if wrong, ok := errors.AsType[*config.Error](err); ok {
			j.hint = wrong.Hint
		}
		return
	}
	for _, words := range targets {
		report, err := examine(ctx, self, words, entry.environment())
		if err != nil {
			j.Unchecked = err.Error()
			return
		}
		for _, r := range report.Checks {
			if r.Status == Failed {
				j.Check, j.Detail, j.hint = r.ID, r.Detail, r.Hint
				return
			}
		}
	}
}

// examine is the report of this program on one target. It is asked to end first, so
// that what it has started ends too.
func examine(ctx context.Context, self string, words, environ []string) (Report, error) {
	cmd := exec.CommandContext(ctx, self, append([]string{"doctor", "--target-only", "-o", "json"}, words...)...)
	cmd.Env = environ
	cmd.WaitDelay = graceTimeout / 2
	cmd.Cancel = func() error {
		if cmd.Process.Signal(os.Interrupt) != nil {
			return cmd.Process.Kill()
		}
		return nil
	}
	var out bytes.Buffer
	cmd.Stdout = &out
	_ = cmd.Run() // what it found is in its report
	var report Report
	switch err := json.Unmarshal(out.Bytes(), &report); {
	case ctx.Err() != nil:
		return report, fmt.Errorf("no answer within %s", judgingTimeout)
	case err != nil:
		return report, errors.New("this program cannot be started again")
	}
	return report, nil
}

// environment is what a server of the client finds in its environment, where the
// client is started from this shell. The file of profiles is the exception: an
// entry that wants another than ~/.databrickscfg names it, see install.
func environment(state aiclient.State, entry aiclient.Entry) []string {
	environ := os.Environ()
	withheld := append(state.Withheld(entry, aiclient.Relevant(environ)), "DATABRICKS_CONFIG_FILE")
	environ = slices.DeleteFunc(environ, func(pair string) bool {
		name, _, _ := strings.Cut(pair, "=")
		return slices.Contains(withheld, name)
	})
	return append(environ, own(entry)...)
}

// own are the variables of an entry, as NAME=VALUE.
func own(entry aiclient.Entry) []string {
	var environ []string
	for name, value := range entry.Env {
		environ = append(environ, name+"="+value)
	}
	return environ
}

// examined reports whether an entry has the target and the settings that are
// examined anyway.
func (m *machine) examined(entry aiclient.Entry, environ []string) bool {
	if relevant := aiclient.Relevant(environ); !slices.Equal(slices.Compact(relevant), m.opts.Environment) {
		return false
	}
	for name, value := range entry.Env {
		if os.Getenv(name) != value {
			return false
		}
	}
	cfg := config.New()
	flags := pflag.NewFlagSet("", pflag.ContinueOnError)
	cfg.Bind(flags)
	if flags.Parse(entry.Args) != nil || cfg.Load(os.LookupEnv) != nil {
		return false
	}
	is := func(o Options) bool { return slices.Equal(cfg.Given(), o.Config.Given()) }
	return is(m.opts) || slices.ContainsFunc(m.opts.Several, is)
}
