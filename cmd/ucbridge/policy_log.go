package main

import (
	"cmp"
	"context"
	"fmt"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"ucbridge/bridge"
	"ucbridge/bridge/audit"
	"ucbridge/bridge/confusable"
	"ucbridge/bridge/policy"
)

// lookInterval is how often a log that is followed is looked at.
const lookInterval = 200 * time.Millisecond

// logFilter says which rows of the audit log to show.
type logFilter struct {
	tool, verdict string
	since         time.Duration
	follow        bool
	began         time.Time
}

func newPolicyLog(s streams) *cobra.Command {
	f := &logFilter{}
	cmd := &cobra.Command{
		Use:   "log",
		Short: "Show the audit log as a table",
		Long: `Show the audit log as a table: the file of --audit, or those that the policies
name, with what was rotated away.`,
		Example: `  ucbridge policy log --verdict deny
  ucbridge policy log --tool 'create_*' --since 24h --follow`,
		Args: noArgs,
	}
	bindRules(cmd, s, func(ctx context.Context, r rules, _ []string) error { return r.showLog(ctx, f) })
	cmd.Flags().StringVar(&f.tool, "tool", "", "only calls to tools with this `glob`")
	cmd.Flags().StringVar(&f.verdict, "verdict", "", "only rows with this verdict: `allow`, deny or ask")
	cmd.Flags().DurationVar(&f.since, "since", 0, "only rows of the last `time`, as in 24h")
	cmd.Flags().BoolVarP(&f.follow, "follow", "f", false, "go on with rows as they come")
	return cmd
}

func (f *logFilter) shows(r audit.Row) bool {
	if f.tool != "" && !(policy.Pattern{Glob: f.tool}).Matches(r.Tool) {
		return false
	}
	return (f.verdict == "" || r.Verdict == f.verdict) && (f.since == 0 || r.Time.After(f.began.Add(-f.since)))
}

// files are the logs there are for what was set.
func (r rules) files() ([]string, error) {
	if r.cfg.Audit.Value != "" {
		return []string{r.cfg.Audit.Value}, nil
	}
	sources, faults := bridge.PolicySources(r.cfg.Rules, managed).Files()
	if len(faults) > 0 {
		return nil, faults[0]
	}
	var names []string
	for _, f := range sources {
		if f.Audit != nil {
			names = append(names, cmp.Or(f.Audit.File, policy.DefaultLog()))
		}
	}
	if len(names) == 0 {
		return nil, usageError{fmt.Errorf("no audit log is kept: no policy has a section audit, and --audit is not given"), []string{"ucbridge policy log --audit FILE"}}
	}
	return names, nil
}

func (r rules) showLog(ctx context.Context, f *logFilter) error {
	f.began = time.Now()
	names, err := r.files()
	if err != nil {
		return err
	}
	out := tabwriter.NewWriter(r.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(out, "TIME\tCONNECTION\tMETHOD\tNAME\tVERDICT\tSTATUS\tMS\tBYTES\tRULE")
	print := func(row audit.Row) {
		if f.shows(row) {
			fmt.Fprintln(out, strings.Join(columns(row), "\t"))
		}
	}
	var followed []*audit.Tail
	for _, name := range names {
		if err := audit.ReadRows(name, print); err != nil {
			return err
		}
		if f.follow {
			followed = append(followed, audit.NewTail(name))
		}
	}
	if err := out.Flush(); err != nil || !f.follow {
		return err
	}
	tick := time.NewTicker(lookInterval)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		for _, tail := range followed {
			if err := tail.Read(print); err != nil {
				return err
			}
		}
		if err := out.Flush(); err != nil {
			return err
		}
	}
}

// columns are a row as the table shows it. What came from outside is shown with
// what does not show written out.
func columns(r audit.Row) []string {
	status := r.Status
	if r.Reason != "" {
		status += " " + r.Reason
	}
	return []string{
		r.Time.Local().Format("2006-01-02 15:04:05"), confusable.RevealName(cmp.Or(r.Connection, "-")), confusable.RevealName(r.Method),
		confusable.RevealName(cmp.Or(r.Tool, r.Prompt, r.URI, "-")), confusable.RevealName(r.Verdict), confusable.RevealName(status),
		strconv.FormatFloat(r.Duration, 'f', 1, 64), strconv.Itoa(r.ResponseBytes), confusable.RevealName(cmp.Or(r.Rule, "-")),
	}
}
