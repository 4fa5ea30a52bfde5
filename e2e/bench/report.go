package main

import (
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
)

// columns says how each metric is shown, and what is expected of ucbridge's ratio
// to floor: at most the bound, or at least where more is better.
var columns = [metricCount]struct {
	title, unit string
	bound       float64
	atLeast     bool
}{
	metricStart:    {title: "start", unit: "ms", bound: 5},
	metricP50:      {title: "p50", unit: "ms", bound: 1.2},
	metricP99:      {title: "p99", unit: "ms"},
	metricRate1:    {title: "calls/s, 1 in flight"},
	metricRate16:   {title: "16"},
	metricRate64:   {title: "64", bound: 0.8, atLeast: true},
	metricRate256:  {title: "256"},
	metricAnswer1:  {title: "1 MiB answer", unit: "ms"},
	metricAnswer8:  {title: "8 MiB answer", unit: "ms", bound: 1.5},
	metricArgument: {title: "1 MiB argument", unit: "ms", bound: 1.5},
	metricCPU:      {title: "CPU, 10,000 calls", unit: "ms", bound: 1.5},
	metricIdle:     {title: "idle memory", unit: "MB", bound: 4},
	metricLoaded:   {title: "after load", unit: "MB"},
}

// largestBinary is the size in MB that the stripped ucbridge stays under.
const largestBinary = 25

// result holds all rounds on one route: a row of contestants each, in the order
// of newContestants.
type result struct {
	route  string
	names  []string
	rounds [][]numbers
}

// ratios returns the values of a metric over the rounds, divided by those of the
// first contestant in the same round.
func (r result) ratios(contestant int, m metric) []float64 { return r.against(0, contestant, m) }

// against is the same for any other contestant in the first one's place.
func (r result) against(base, contestant int, m metric) []float64 {
	var all []float64
	for _, row := range r.rounds {
		all = append(all, row[contestant][m]/row[base][m])
	}
	return all
}

func (r result) values(contestant int, m metric) []float64 {
	var all []float64
	for _, row := range r.rounds {
		all = append(all, row[contestant][m])
	}
	return all
}

// write writes the route's table in Markdown, and its bounds.
func (r result) write(w io.Writer) {
	fmt.Fprintf(w, "\n## Route %s\n\n", r.route)
	head := []string{""}
	absolute := []string{r.names[0]}
	for m, c := range columns {
		head = append(head, c.title)
		absolute = append(absolute, strings.TrimSpace(plain(median(r.values(0, metric(m))))+" "+c.unit))
	}
	writeRow(w, head)
	fmt.Fprintf(w, "|%s\n", strings.Repeat("---|", len(head)))
	writeRow(w, absolute)
	for i, name := range r.names[1:] {
		row := []string{name}
		for m := range columns {
			row = append(row, plain(median(r.ratios(i+1, metric(m)))))
		}
		writeRow(w, row)
	}
	fmt.Fprintln(w)
	r.writeBounds(w)
	r.writeGoverned(w)
}

// writeBounds compares the last contestant with what is expected of it.
func (r result) writeBounds(w io.Writer) {
	for m, c := range columns {
		if c.bound == 0 {
			continue
		}
		ratios := r.ratios(len(r.names)-1, metric(m))
		got, sign := median(ratios), "<="
		shown := math.Round(got*100) / 100 // what is printed is what is judged
		met := shown <= c.bound
		if c.atLeast {
			sign, met = ">=", shown >= c.bound
		}
		fmt.Fprintf(w, "- %s: %s (rounds %s to %s), bound %s %s: %s\n", boundTitle(metric(m)), plain(got),
			plain(slices.Min(ratios)), plain(slices.Max(ratios)), sign, plain(c.bound), verdict(got, met))
	}
}

// largestGoverned is what a policy and an audit log may make of a call's cost.
const largestGoverned = 1.1

// writeGoverned compares ucbridge under a policy and with an audit log, the last but
// one, with ucbridge as it is, the last.
func (r result) writeGoverned(w io.Writer) {
	plainly := len(r.names) - 1
	for _, m := range []metric{metricP50, metricCPU, metricArgument, metricAnswer8} {
		ratios := r.against(plainly, plainly-1, m)
		got := median(ratios)
		fmt.Fprintf(w, "- governed to not governed, %s: %s (rounds %s to %s), bound <= %s: %s\n", boundTitle(m), plain(got),
			plain(slices.Min(ratios)), plain(slices.Max(ratios)), plain(largestGoverned), verdict(got, math.Round(got*100)/100 <= largestGoverned))
	}
}

// boundTitle is the title of a column that stands alone.
func boundTitle(m metric) string {
	if m == metricRate64 {
		return "calls/s, 64 in flight"
	}
	return columns[m].title
}

func writeSize(w io.Writer, bytes int64) {
	mb := float64(bytes) / 1e6
	fmt.Fprintf(w, "\n- stripped binary: %.1f MB, bound < %d MB: %s\n", mb, largestBinary, verdict(mb, mb < largestBinary))
}

func verdict(got float64, met bool) string {
	switch {
	case math.IsNaN(got):
		return "not measured here"
	case met:
		return "OK"
	}
	return "over"
}

func writeRow(w io.Writer, cells []string) {
	fmt.Fprintf(w, "| %s |\n", strings.Join(cells, " | "))
}

// plain writes a number with as many digits as are worth reading.
func plain(v float64) string {
	switch {
	case math.IsNaN(v):
		return "-"
	case v >= 100:
		return strconv.FormatFloat(v, 'f', 0, 64)
	case v >= 10:
		return strconv.FormatFloat(v, 'f', 1, 64)
	}
	return strconv.FormatFloat(v, 'f', 2, 64)
}
