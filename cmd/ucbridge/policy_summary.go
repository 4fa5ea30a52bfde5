package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"text/tabwriter"

	"ucbridge/bridge/audit"
	"ucbridge/bridge/confusable"
	"ucbridge/bridge/mcp"
)

// usage is what one user has called of one tool. User is "" where a log does not name
// users, as with ucbridge stdio.
type usage struct {
	Connection string  `json:"connection"`
	Tool       string  `json:"tool"`
	User       string  `json:"user,omitempty"`
	Calls      int     `json:"calls"`  // those denied are among them
	Errors     int     `json:"errors"` // of the tool, the server or the way to it
	Denied     int     `json:"denied"`
	P50        float64 `json:"p50_ms"` // of those that were not denied
}

// usageKey is what calls are counted by.
type usageKey struct{ connection, tool, user string }

// summarize counts the calls of a log, the most used tool first.
func summarize(rows []audit.Row) []usage {
	counted := make(map[usageKey]*usage)
	times := make(map[usageKey][]float64)
	for _, row := range withoutBeginnings(rows) {
		if row.Method != mcp.CallTool {
			continue
		}
		key := usageKey{row.Connection, row.Tool, row.User}
		u := counted[key]
		if u == nil {
			u = &usage{Connection: row.Connection, Tool: row.Tool, User: row.User}
			counted[key] = u
		}
		u.Calls++
		switch {
		case row.Verdict == "deny":
			u.Denied++
			continue
		case row.Status != "ok":
			u.Errors++
		}
		times[key] = append(times[key], row.Duration)
	}
	for key, all := range times {
		slices.Sort(all)
		counted[key].P50 = all[(len(all)-1)/2]
	}
	all := make([]usage, 0, len(counted))
	for u := range maps.Values(counted) {
		all = append(all, *u)
	}
	slices.SortFunc(all, func(a, b usage) int {
		return cmp.Or(cmp.Compare(b.Calls, a.Calls), cmp.Compare(a.Connection, b.Connection), cmp.Compare(a.Tool, b.Tool), cmp.Compare(a.User, b.User))
	})
	return all
}

// printSummary prints the counts as a table, or as JSON lines.
func printSummary(out io.Writer, output string, all []usage) error {
	if output == "json" {
		encoder := json.NewEncoder(out)
		for _, u := range all {
			if err := encoder.Encode(u); err != nil {
				return err
			}
		}
		return nil
	}
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "CONNECTION\tTOOL\tUSER\tCALLS\tERRORS\tDENIED\tP50 MS")
	for _, u := range all {
		fmt.Fprintf(table, "%s\t%s\t%s\t%d\t%d\t%d\t%s\n", confusable.RevealName(cmp.Or(u.Connection, "-")), confusable.RevealName(cmp.Or(u.Tool, "-")),
			confusable.RevealName(cmp.Or(u.User, "-")), u.Calls, u.Errors, u.Denied, strconv.FormatFloat(u.P50, 'f', 1, 64))
	}
	return table.Flush()
}
