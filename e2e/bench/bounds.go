package main

import (
	_ "embed"
	"fmt"
	"math"
	"path"
	"strconv"
	"strings"
)

//go:embed bounds.txt
var boundsFile string

// The figures of a row that can have a bound.
const (
	figureFloor    = "floor"
	figureGoverned = "governed"
	figureRequired = "required"
	figureValue    = "value"
)

// bound is what is expected of a figure of the rows whose names match.
type bound struct {
	pattern, figure string
	least           bool
	limit           float64
}

// parseBounds reads lines of "pattern figure <= limit", or ">=".
func parseBounds(text string) ([]bound, error) {
	var all []bound
	for n, line := range strings.Split(text, "\n") {
		line, _, _ = strings.Cut(line, "#")
		fields := strings.Fields(line)
		if len(fields) == 0 {
			continue
		}
		if len(fields) != 4 || fields[2] != "<=" && fields[2] != ">=" {
			return nil, fmt.Errorf("bounds.txt, line %d: want PATTERN FIGURE <= LIMIT", n+1)
		}
		switch fields[1] {
		case figureFloor, figureGoverned, figureRequired, figureValue:
		default:
			return nil, fmt.Errorf("bounds.txt, line %d: no figure %q", n+1, fields[1])
		}
		if _, err := path.Match(fields[0], ""); err != nil {
			return nil, fmt.Errorf("bounds.txt, line %d: %w", n+1, err)
		}
		limit, err := strconv.ParseFloat(fields[3], 64)
		if err != nil {
			return nil, fmt.Errorf("bounds.txt, line %d: %w", n+1, err)
		}
		all = append(all, bound{fields[0], fields[1], fields[2] == ">=", limit})
	}
	return all, nil
}

// judge compares a row's figure with the first bound for it, and says nothing
// where there is none. What is printed is what is judged, hence the rounding.
func judge(bounds []bound, name, figure string, got float64) string {
	for _, b := range bounds {
		if ok, _ := path.Match(b.pattern, name); !ok || b.figure != figure { // patterns were checked
			continue
		}
		rounded, sign := math.Round(got*100)/100, "<="
		met := rounded <= b.limit
		if b.least {
			sign, met = ">=", rounded >= b.limit
		}
		subject := map[string]string{figureFloor: "", figureGoverned: "governed ", figureRequired: "required ", figureValue: ""}[figure]
		verdict := "over"
		switch {
		case math.IsNaN(got):
			verdict = "not measured here"
		case met:
			verdict = "OK"
		case b.least:
			verdict = "under"
		}
		return fmt.Sprintf("%s%s %s: %s", subject, sign, strconv.FormatFloat(b.limit, 'f', -1, 64), verdict)
	}
	return ""
}
