package main

import (
	"context"
	"fmt"
	"os"

	"ucbridge/bridge"
	"ucbridge/bridge/policy"
	"ucbridge/bridge/record"
	"ucbridge/cmd/internal/terminal"
)

// testRecord says, line by line, what the policy would have done to a recorded session.
func (r rules) testRecord(ctx context.Context, t tried) error {
	session, err := record.Read(t.record)
	if err != nil {
		return usageError{error: err}
	}
	applied := bridge.PolicySources(r.cfg.Rules, managed).Load(bridge.PolicyTarget(r.cfg))
	if applied == nil {
		fmt.Fprintf(r.out, "all of it passes: no rule applies\n")
		return nil
	}
	pins, err := os.MkdirTemp("", "ucbridge-trial-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(pins)
	passed, changed, denied := 0, 0, 0
	for o := range bridge.Trial(ctx, applied, policy.Person{Name: t.user, Groups: t.groups}, session, pins) {
		verdict := "passes"
		switch {
		case o.Denied:
			verdict = "denied"
			denied++
		case o.Changed:
			verdict = "changed"
			changed++
		default:
			passed++
		}
		line := fmt.Sprintf("%d %s %s: %s", o.Line, o.From, o.What, verdict)
		if o.Why != "" {
			line += ": " + o.Why
		}
		fmt.Fprintln(r.out, terminal.Line(line))
	}
	fmt.Fprintf(r.out, "passed: %d, changed: %d, denied: %d\n", passed, changed, denied)
	return nil
}
