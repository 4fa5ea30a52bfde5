package main

import (
	"fmt"
	"io"
	"time"
)

// report prints verdicts as they come.
type report struct {
	out io.Writer
	bad int // problems so far
}

func (r *report) heading() {
	fmt.Fprintf(r.out, "%-11s %-7s %-23s %10s %10s %9s\n", "suite", "leg", "route", "scenarios", "checks", "expected")
	fmt.Fprintf(r.out, "%-11s %-7s %-23s %10s %10s %9s\n", "", "", "", "passed/all", "passed/all", "failures")
}

func (r *report) add(of run, v verdict) {
	fmt.Fprintf(r.out, "%-11s %-7s %-23s %10s %10s %9d\n", of.suite.name, of.leg, of.route,
		fmt.Sprintf("%d/%d", v.scenariosPassed, v.scenarios), fmt.Sprintf("%d/%d", v.checksPassed, v.checks), v.expected)
	for _, p := range v.problems {
		fmt.Fprintln(r.out, "    NOT EXPECTED:", p)
	}
	r.bad += len(v.problems)
}

func (r *report) closing(took time.Duration) {
	fmt.Fprintf(r.out, "\nAll in %s. Scenarios named %s* are left out: the bridge signs in with Databricks.\n", took.Round(time.Second), signIn)
	fmt.Fprintln(r.out, "Expected failures are listed, with their reasons, in e2e/conformance/expected.")
}
