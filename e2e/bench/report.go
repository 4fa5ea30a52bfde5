package main

import (
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
)

// report writes rows of Markdown with their bounds, and keeps for each bound the row
// that is furthest from it.
type report struct {
	w      io.Writer
	bounds []bound
	worst  map[bound]judgedRow
}

// judgedRow is a row with a bound, and its figure.
type judgedRow struct {
	name string
	got  float64
}

func newReport(w io.Writer, bounds []bound) report {
	return report{w, bounds, make(map[bound]judgedRow)}
}

// judged returns what the bounds say of a row's figures.
func (r report) judged(name string, figures map[string]float64) string {
	var all []string
	for _, figure := range []string{figureFloor, figureValue, figureGoverned, figureRequired} {
		got, ok := figures[figure]
		if !ok {
			continue
		}
		b, ok := boundOf(r.bounds, name, figure)
		if !ok {
			continue
		}
		all = append(all, b.String()+": "+b.verdict(got))
		if worst, seen := r.worst[b]; !math.IsNaN(got) && (!seen || b.worse(got, worst.got)) {
			r.worst[b] = judgedRow{name, got}
		}
	}
	return strings.Join(all, "; ")
}

// summary writes a table of all bounds that a row was measured for: of several rows
// the worst, and why a bound is missed.
func (r report) summary() {
	r.head([]string{"rows", "bound", "furthest", "", "why"})
	for _, b := range r.bounds {
		worst, ok := r.worst[b]
		if !ok {
			continue
		}
		verdict, reason := "met", ""
		if b.verdict(worst.got) != "OK" {
			verdict, reason = "missed", b.reason
		}
		r.row([]string{b.pattern, b.String(), plain(worst.got) + " (" + worst.name + ")", verdict, reason})
	}
}

// lane writes the table of a lane: a row for each metric that was measured. Under
// floor and ucbridge are values, the other columns are ratios, of which each is
// the median over the pairs that were measured one after the other.
func (r report) lane(l lane, entrants []*entrant) {
	by := make(map[string]*series)
	for _, e := range entrants {
		by[e.name] = &e.series
	}
	head := []string{"stdio/" + l.name, nameFloor, nameAgain, nameDirect, nameBridge, "ucbridge/floor", "governed/ucbridge", "required/governed"}
	if by[nameBase] != nil {
		head = append(head, "new/base", "of the pairs, middle half")
	}
	r.head(append(head, "bounds"))
	for m, shown := range metrics {
		if len(by[nameFloor][m]) == 0 {
			continue
		}
		floor, own := by[nameFloor][m], by[nameBridge][m]
		toFloor, governed := median(ratios(own, floor)), median(ratios(by[nameGoverned][m], own))
		required := median(ratios(by[nameRequired][m], by[nameGoverned][m]))
		row := []string{
			shown.name, plain(median(floor)) + " " + shown.unit, plain(median(ratios(by[nameAgain][m], floor))),
			plain(median(ratios(by[nameDirect][m], floor))), plain(median(own)) + " " + shown.unit, plain(toFloor), plain(governed), plain(required),
		}
		if base := by[nameBase]; base != nil {
			pairs := ratios(own, base[m])
			row = append(row, plain(median(pairs)), plain(quantile(pairs, 0.25))+" to "+plain(quantile(pairs, 0.75)))
		}
		r.row(append(row, r.judged("stdio/"+l.name+"/"+shown.name,
			map[string]float64{figureFloor: toFloor, figureGoverned: governed, figureRequired: required, figureValue: median(own)})))
	}
}

// head begins a table.
func (r report) head(cells []string) {
	fmt.Fprintln(r.w)
	r.row(cells)
	fmt.Fprintf(r.w, "|%s\n", strings.Repeat("---|", len(cells)))
}

func (r report) row(cells []string) {
	fmt.Fprintf(r.w, "| %s |\n", strings.Join(slices.Clone(cells), " | "))
}

// line writes a figure that stands alone.
func (r report) line(name string, got float64, text string) {
	said := r.judged(name, map[string]float64{figureValue: got})
	if said != "" {
		said = " (" + said + ")"
	}
	fmt.Fprintf(r.w, "\n%s: %s%s\n", name, text, said)
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
