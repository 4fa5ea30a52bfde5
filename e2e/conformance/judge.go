package main

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
)

// verdict is what a run shows.
type verdict struct {
	scenarios, scenariosPassed int
	checks, checksPassed       int
	expected                   int // checks that failed for a reason that is listed
	problems                   []string
}

// judge compares a run with the same run without ucbridge, and both with what is
// expected. A check fails that did not pass each time it was made, or that did not
// pass as often as directly.
func judge(r run, baseline, got results, expectations []expectation) verdict {
	expectations = slices.DeleteFunc(slices.Clone(expectations), func(e expectation) bool { return !e.concerns(r) })
	happened := make([]bool, len(expectations))
	failing := make(map[string]bool) // scenarios
	var v verdict
	for _, name := range namesOf(baseline, got) {
		want, o := baseline[name], got[name]
		made := max(o.passed+o.failed, want.passed)
		if made == 0 {
			continue // a remark
		}
		lost := made - o.passed
		failing[name.scenario] = failing[name.scenario] || lost > 0
		v.checks += made
		v.checksPassed += o.passed
		if lost == 0 {
			continue
		}
		listed := false
		for i, e := range expectations {
			if e.covers(name, want, o) {
				happened[i], listed = true, true
			}
		}
		if listed {
			v.expected += lost
		} else {
			v.problems = append(v.problems, problem(name, want, o))
		}
	}
	for i, e := range expectations {
		if !happened[i] {
			v.problems = append(v.problems, fmt.Sprintf("%s is expected to fail (%s), and did not: take it off", e.at, e.reason))
		}
	}
	v.scenarios = len(failing)
	for _, failed := range failing {
		if !failed {
			v.scenariosPassed++
		}
	}
	return v
}

// problem says how a check failed.
func problem(name checkName, want, got outcome) string {
	why := got.why
	switch {
	case why != "":
	case got.passed+got.failed == 0:
		why = "not made, while it passes directly"
	default:
		why = fmt.Sprintf("passed %d times, directly %d", got.passed, want.passed)
	}
	return fmt.Sprintf("%s %s (%s): %s", name.scenario, name.id, name.name, why)
}

// namesOf returns the names of all checks, in order.
func namesOf(all ...results) []checkName {
	union := make(map[checkName]bool)
	for _, r := range all {
		for name := range r {
			union[name] = true
		}
	}
	return slices.SortedFunc(maps.Keys(union), func(a, b checkName) int {
		return cmp.Or(cmp.Compare(a.scenario, b.scenario), cmp.Compare(a.id, b.id), cmp.Compare(a.name, b.name))
	})
}
