package doctor

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
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
	hint   string
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
			one := &judged{Client: state.Client.Title, Name: entry.Name}
			all = append(all, one)
			group.Go(func() {
				turns <- struct{}{}
				defer func() { <-turns }()
				one.judge(ctx, self, entry.Args, environ)
			})
		}
	}
	group.Wait()
	return verdict(all)
}

// verdict is the finding on all entries. That a workspace cannot be reached is no
// fault of an entry: it may need another network.
func verdict(all []*judged) Finding {
	var broken, unreached []string
	var hint string
	for _, one := range all {
		name := fmt.Sprintf("%s has %s", one.Client, terminal.Line(one.Name))
		switch {
		case one.Check == "":
		case slices.Contains([]string{"proxy", "certificate", "workspace"}, one.Check):
			unreached = append(unreached, name+", whose workspace cannot be reached now")
		default:
			broken = append(broken, name+", which cannot work: "+terminal.Line(one.Detail))
			hint = cmp.Or(hint, one.hint)
		}
	}
	switch {
	case len(broken) > 0:
		return failed("%s", strings.Join(broken, "; ")).withData(all).withHint("%s", hint)
	case len(unreached) > 0:
		f := ok("%s", strings.Join(unreached, "; ")).withData(all)
		f.news = true
		return f
	case len(all) == 0:
		return ok("no client has an entry for another target").withData(all)
	case len(all) == 1:
		return ok("1 other entry can work").withData(all)
	}
	return ok("%d other entries can work", len(all)).withData(all)
}

// judge runs this program to examine the entry's target. An entry with arguments
// that the doctor does not take is passed over.
func (j *judged) judge(ctx context.Context, self string, args, environ []string) {
	ctx, cancel := context.WithTimeout(ctx, judgingTimeout)
	defer cancel()
	words := slices.DeleteFunc(slices.Clone(args), func(arg string) bool { return arg == "stdio" })
	cmd := exec.CommandContext(ctx, self, append([]string{"doctor", "--target-only", "-o", "json"}, words...)...)
	cmd.Env = environ
	cmd.WaitDelay = graceTimeout
	var out bytes.Buffer
	cmd.Stdout = &out
	_ = cmd.Run() // what it found is in its report, and without one there is nothing to tell
	var report Report
	if json.Unmarshal(out.Bytes(), &report) != nil {
		return
	}
	for _, r := range report.Checks {
		if r.Status == Failed {
			j.Check, j.Detail, j.hint = r.ID, r.Detail, r.Hint
			return
		}
	}
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
	return slices.Equal(cfg.Given(), m.opts.Config.Given())
}
