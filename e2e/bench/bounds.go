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

// bound is what is expected of a figure of the rows whose names match; a row takes the first.
type bound struct {
	pattern, figure string
	least           bool
	limit           float64
	reason          string // why a row misses it, where one does
}

// parseBounds reads lines of "pattern figure <= limit", or ">=", and a reason or none.
func parseBounds(text string) ([]bound, error) {
	var all []bound
	for n, line := range strings.Split(text, "\n") {
		line, _, _ = strings.Cut(line, "#")
		fields := strings.Fields(line)
		if len(fields) == 0 {
			continue
		}
		if len(fields) < 4 || fields[2] != "<=" && fields[2] != ">=" {
			return nil, fmt.Errorf("bounds.txt, line %d: want PATTERN FIGURE <= LIMIT [REASON]", n+1)
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
		all = append(all, bound{fields[0], fields[1], fields[2] == ">=", limit, strings.Join(fields[4:], " ")})
	}
	return all, nil
}

// boundOf returns the bound of a row's figure, if there is one.
func boundOf(bounds []bound, name, figure string) (b bound, ok bool) {
	for _, b := range bounds {
		if ok, _ := path.Match(b.pattern, name); ok && b.figure == figure { // patterns were checked
			return b, true
		}
	}
	return bound{}, false
}

// String is the bound in words, such as "governed <= 1.04".
func (b bound) String() string {
	subject := map[string]string{figureGoverned: "governed ", figureRequired: "required "}[b.figure]
	sign := "<="
	if b.least {
		sign = ">="
	}
	return subject + sign + " " + strconv.FormatFloat(b.limit, 'f', -1, 64)
}

// verdict says whether a figure meets the bound. What is printed is what is judged,
// hence the rounding.
func (b bound) verdict(got float64) string {
	rounded := math.Round(got*100) / 100
	switch {
	case math.IsNaN(got):
		return "not measured here"
	case b.least && rounded < b.limit:
		return "under"
	case !b.least && rounded > b.limit:
		return "over"
	}
	return "OK"
}

// worse reports whether a figure is further from the bound than another.
func (b bound) worse(got, than float64) bool {
	if b.least {
		return got < than
	}
	return got > than
}
