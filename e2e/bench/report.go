package main

import (
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
)

// report writes rows of Markdown with their bounds.
type report struct {
	w      io.Writer
	bounds []bound
}

// judged returns what the bounds say of a row's figures.
func (r report) judged(name string, figures map[string]float64) string {
	var all []string
	for _, figure := range []string{figureFloor, figureValue, figureGoverned, figureRequired} {
		if got, ok := figures[figure]; ok {
			if said := judge(r.bounds, name, figure, got); said != "" {
				all = append(all, said)
			}
		}
	}
	return strings.Join(all, "; ")
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
