package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"ucbridge/bridge/audit"
	"ucbridge/bridge/confusable"
	"ucbridge/bridge/mcp"
	"ucbridge/bridge/policy"
	"ucbridge/bridge/shell"
)

// lookInterval is how often a log that is followed is looked at.
const lookInterval = 200 * time.Millisecond

// logFilter says which rows of the audit log to show.
type logFilter struct {
	tool, verdict string
	since         time.Duration
	last          int // rows, 0 for all
	all, follow   bool
	summary       bool
	output        string
	began         time.Time
}

func newPolicyLog(s streams) *cobra.Command {
	f := &logFilter{}
	cmd := &cobra.Command{
		Use:   "log",
		Short: "Show the audit log as a table",
		Long: `Show the audit log as a table: the file of --audit, or the files that the policies
name, rotated ones included.

Only calls and denied requests are shown; --all shows every exchange. Where a policy
has audit.required, a call that is over has two rows in the log and one in the table,
unless with --all.`,
		Example: `  ucbridge policy log --verdict deny
  ucbridge policy log --tool 'create_*' --since 24h --follow
  ucbridge policy log --summary --since 24h
  ucbridge policy log -n 20 -o json`,
		Args: noArgs,
	}
	bindRules(cmd, s, func(ctx context.Context, r rules, _ []string) error { return r.showLog(ctx, f) })
	cmd.Flags().StringVar(&f.tool, "tool", "", "only calls to tools with this `glob`")
	cmd.Flags().StringVar(&f.verdict, "verdict", "", "only rows with this `verdict`: allow, deny or ask")
	cmd.Flags().Var((*timeFlag)(&f.since), "since", "only rows of the last `time`, such as 24h")
	cmd.Flags().BoolVar(&f.all, "all", false, "show every exchange, not only calls and denied requests")
	cmd.Flags().BoolVar(&f.summary, "summary", false, "count calls, errors and denials by tool and user")
	cmd.Flags().IntVarP(&f.last, "lines", "n", 0, "only the last `number` of rows")
	cmd.Flags().StringVarP(&f.output, "output", "o", "text", "text or json, a line for each row")
	cmd.Flags().BoolVarP(&f.follow, "follow", "f", false, "keep printing new rows")
	return cmd
}

func (f *logFilter) shows(r audit.Row) bool {
	if f.tool != "" && !(policy.Pattern{Glob: f.tool}).Matches(r.Tool) {
		return false
	}
	if !f.all && r.Method != mcp.CallTool && r.Verdict == "allow" {
		return false
	}
	return (f.verdict == "" || r.Verdict == f.verdict) && (f.since == 0 || r.Time.After(f.began.Add(-f.since)))
}

// files are the logs there are for what was set.
func (r rules) files() ([]string, error) {
	if r.cfg.Audit.Value != "" {
		return []string{r.cfg.Audit.Value}, nil
	}
	sources, err := r.target().policy()
	if err != nil {
		return nil, err
	}
	var names []string
	for _, f := range sources {
		if f.Audit != nil {
			names = append(names, f.Audit.File)
		}
	}
	if len(names) == 0 {
		return nil, usageError{fmt.Errorf("no audit log is kept: no policy has a section audit, and --audit is not given"), []string{"to keep one, put \"audit: {file: FILE}\" into a policy, or --audit FILE into the client's entry", "to read one: ucbridge policy log --audit FILE"}}
	}
	return names, nil
}

// check finds fault with the flags.
func (f *logFilter) check() error {
	if f.output != "text" && f.output != "json" {
		return badOutput(f.output)
	}
	if f.summary && f.follow {
		return usageError{errors.New("--summary and --follow contradict each other"), nil}
	}
	if verdicts := []string{"", "allow", "deny", "ask"}; !slices.Contains(verdicts, f.verdict) {
		return usageError{fmt.Errorf("--verdict %q: want one of allow, deny, ask", f.verdict), nil}
	}
	return nil
}

// find finds the logs. One that is followed may be yet to begin.
func (f *logFilter) find(r rules) ([]string, error) {
	names, err := r.files()
	for _, name := range names {
		if _, err := os.Stat(name); errors.Is(err, fs.ErrNotExist) && !f.follow {
			begins := "it begins with the first call under a policy that names it"
			if r.cfg.Audit.Value != "" {
				begins = "it begins with the first call under: ucbridge stdio --audit " + shell.Word(runtime.GOOS, name)
			}
			return nil, usageError{fmt.Errorf("there is no audit log %s yet", name), []string{begins}}
		}
	}
	return names, err
}

func (r rules) showLog(ctx context.Context, f *logFilter) error {
	f.began = time.Now()
	if err := f.check(); err != nil {
		return err
	}
	names, err := f.find(r)
	if err != nil {
		return err
	}
	var rows []audit.Row
	for _, name := range names {
		err := audit.ReadRows(name, func(row audit.Row) { rows = append(rows, row) })
		if err != nil {
			return err
		}
	}
	kept := len(rows) > 0
	if !f.all {
		rows = withoutBeginnings(rows)
	}
	rows = slices.DeleteFunc(rows, func(row audit.Row) bool { return !f.shows(row) })
	if f.last > 0 {
		rows = rows[max(0, len(rows)-f.last):]
	}
	if f.summary {
		return printSummary(r.out, f.output, summarize(rows))
	}
	table := newLogTable(r.out, f.output)
	for _, row := range rows {
		table.print(row)
	}
	if err := table.flush(); err != nil || !f.follow {
		if len(rows) == 0 && kept {
			printLine(r.err, "note", f.nothing())
		}
		return err
	}
	return f.goOn(ctx, names, table)
}

// nothing says why a log with rows shows none.
func (f *logFilter) nothing() string {
	if f.tool != "" || f.verdict != "" || f.since != 0 {
		return "no row of the log is one that was asked for"
	}
	return "nothing was called or denied; --all shows what else is in the log"
}

// withoutBeginnings leaves out the row that stands before a call, where there is one of
// its end.
func withoutBeginnings(rows []audit.Row) []audit.Row {
	ended := make(map[string]bool)
	for _, row := range rows {
		if row.Call != "" && row.Status != audit.Begun {
			ended[row.Call] = true
		}
	}
	return slices.DeleteFunc(slices.Clone(rows), func(row audit.Row) bool { return row.Status == audit.Begun && ended[row.Call] })
}

// goOn prints rows as they come, until ctx ends.
func (f *logFilter) goOn(ctx context.Context, names []string, table *logTable) error {
	var followed []*audit.Tail
	for _, name := range names {
		followed = append(followed, audit.NewTail(name))
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
			err := tail.Read(func(row audit.Row) {
				if f.shows(row) {
					table.print(row)
				}
			})
			if err != nil {
				return err
			}
		}
		if err := table.flush(); err != nil {
			return err
		}
	}
}

// logTable prints rows: as a table, or as JSON lines.
type logTable struct {
	text *tabwriter.Writer // nil for JSON
	json *json.Encoder
	err  error // the first in writing JSON
}

func newLogTable(out io.Writer, output string) *logTable {
	if output == "json" {
		return &logTable{json: json.NewEncoder(out)}
	}
	t := &logTable{text: tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)}
	fmt.Fprintln(t.text, "TIME\tCONNECTION\tMETHOD\tNAME\tVERDICT\tSTATUS\tMS\tBYTES\tRULE")
	return t
}

func (t *logTable) print(row audit.Row) {
	if t.text != nil {
		fmt.Fprintln(t.text, strings.Join(columns(row), "\t"))
	} else if t.err == nil {
		t.err = t.json.Encode(row)
	}
}

func (t *logTable) flush() error {
	if t.text != nil {
		return t.text.Flush()
	}
	return t.err
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
