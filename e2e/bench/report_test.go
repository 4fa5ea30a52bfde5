package main

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Every line of bounds.txt must judge some row: a name with a typing mistake would
// be a bound that is never looked at.
func TestBoundsNameRows(t *testing.T) {
	t.Parallel()
	bounds, err := parseBounds(boundsFile)
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range bounds {
		if !slices.ContainsFunc(rowNames(), func(name string) bool {
			first, ok := boundOf(bounds, name, b.figure)
			return ok && first == b
		}) {
			t.Errorf("%s %s: no row has that name", b.pattern, b.figure)
		}
	}
}

// rowNames are the names of all rows that the report can have.
func rowNames() []string {
	names := []string{
		"listeners/memory", "listeners/cpu", "binary", "login/start", "connections/4000",
		rowSeveralStart, rowSeveralFar, rowSeveralP50, rowSeveralMemory, rowSeveralCPU,
	}
	for _, l := range levels {
		names = append(names, l.name)
	}
	for _, d := range distants {
		names = append(names, "wide/"+d.name, "wide/"+d.name+"/trips", "warm/"+d.name)
	}
	for _, c := range commands {
		names = append(names, "commands/"+c.name)
	}
	for _, l := range (site{}).lanes() {
		for _, m := range metrics {
			names = append(names, "stdio/"+l.name+"/"+m.name)
		}
	}
	return names
}

func TestJudge(t *testing.T) {
	t.Parallel()
	bounds, err := parseBounds("a/* floor <= 1.5 # a comment\n\na/rate value >= 10 it is  far\na/x governed <= 1.04\n")
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name, figure string
		got          float64
		want         string
	}{
		{"a/x", "floor", 1.504, "<= 1.5: OK"},
		{"a/x", "floor", 1.506, "<= 1.5: over"},
		{"a/rate", "value", 10, ">= 10: OK"},
		{"a/rate", "value", 9.9, ">= 10: under"},
		{"a/x", "governed", 1.1, "governed <= 1.04: over"},
		{"a/x", "floor", unknown, "<= 1.5: not measured here"},
		{"a/x", "value", 3, ""},
		{"b", "floor", 3, ""},
	}
	for _, tt := range tests {
		got := newReport(nil, bounds).judged(tt.name, map[string]float64{tt.figure: tt.got})
		if got != tt.want {
			t.Errorf("%s, %s, %v: %q, want %q", tt.name, tt.figure, tt.got, got, tt.want)
		}
	}
	for _, bad := range []string{"a floor <= ", "a floor < 1", "a width <= 1", "[ floor <= 1", "a floor <= one"} {
		if _, err := parseBounds(bad); err == nil {
			t.Errorf("%q: no error", bad)
		}
	}
}

// The summary has the worst row of each bound, and a reason only where it is missed.
func TestSummary(t *testing.T) {
	t.Parallel()
	bounds, err := parseBounds("*/time floor <= 1.5 it is far\n*/rate floor >= 0.9 it is slow\nsize value <= 17 it is large\nother value <= 1\n")
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	r := newReport(&out, bounds)
	for name, got := range map[string]float64{"a/time": 1.2, "b/time": 1.4, "c/time": unknown, "a/rate": 0.95, "b/rate": 0.8} {
		r.judged(name, map[string]float64{figureFloor: got})
	}
	r.judged("size", map[string]float64{figureValue: 18.3})
	r.summary()
	want := `
| rows | bound | furthest |  | why |
|---|---|---|---|---|
| */time | <= 1.5 | 1.40 (b/time) | met |  |
| */rate | >= 0.9 | 0.80 (b/rate) | missed | it is slow |
| size | <= 17 | 18.3 (size) | missed | it is large |
`
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// A lane's table pairs what was measured side by side: here ucbridge takes twice
// floor's time in each pair, on a machine that has become ten times slower.
func TestLaneTable(t *testing.T) {
	t.Parallel()
	var entrants []*entrant
	for name, values := range map[string][]float64{
		nameFloor: {1, 1, 10}, nameAgain: {1, 1, 10}, nameBridge: {2, 2, 20}, nameGoverned: {3, 3, 30}, nameRequired: {6, 6, 60}, nameBase: {4, 4, 40}, nameDirect: nil,
	} {
		e := &entrant{contestant: contestant{name: name}}
		e.series[metricStart] = values
		entrants = append(entrants, e)
	}
	var out strings.Builder
	newReport(&out, []bound{
		{pattern: "stdio/*/start", figure: figureFloor, limit: 1.9},
		{pattern: "stdio/*/start", figure: figureGoverned, limit: 1.6}, {pattern: "stdio/*/start", figure: figureRequired, limit: 1.6},
	}).lane(lane{name: "proxy"}, entrants)
	want := `
| stdio/proxy | floor | floor again | direct client | ucbridge | ucbridge/floor | governed/ucbridge | required/governed | new/base | of the pairs, middle half | bounds |
|---|---|---|---|---|---|---|---|---|---|---|
| start | 1.00 ms | 1.00 | - | 2.00 ms | 2.00 | 1.50 | 2.00 | 0.50 | 0.50 to 0.50 | <= 1.9: over; governed <= 1.6: OK; required <= 1.6: over |
`
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}
