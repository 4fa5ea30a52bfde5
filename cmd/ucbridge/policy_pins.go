package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/rogpeppe/go-internal/diff"
	"github.com/spf13/cobra"

	"ucbridge/bridge/confusable"
	"ucbridge/bridge/pins"
	"ucbridge/cmd/internal/terminal"
)

func newPolicyDiff(s streams) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "diff [target]",
		Short: "Show how tools and prompts have changed since they were first seen",
		Long: `Show how tools and prompts have changed since they were first seen.

The changed text is what a server would like a model to read. It is shown only in a
terminal, with invisible characters written as <U+...>; elsewhere only names are
printed.`,
	}
	bindTargetRules(cmd, s, named(pinned(rules.diff)), "profile", "host")
	return cmd
}

func newPolicyApprove(s streams) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "approve [target]",
		Short: "Approve changed tools and prompts, one by one",
		Long: `Approve changed tools and prompts one by one, after you have seen what changed.

It needs an interactive terminal. What you approve passes at once, also in bridges
that are running.`,
	}
	bindTargetRules(cmd, s, named(pinned(rules.approve)), "profile", "host")
	return cmd
}

// pinned runs a command on what is remembered of the target's tools.
func pinned(run func(rules, *pins.Pins) error) func(context.Context, rules, []string) error {
	return targeted(func(_ context.Context, r rules, _ []string) error {
		return r.withPins(func(known *pins.Pins) error { return run(r, known) })
	})
}

func (r rules) diff(known *pins.Pins) error {
	waiting, err := known.Waiting()
	if err != nil {
		return err
	}
	if len(waiting) == 0 {
		return r.noChange(known)
	}
	visible := terminal.Is(r.out)
	for _, key := range slices.Sorted(maps.Keys(waiting)) {
		r.showChange(key, waiting[key], visible)
	}
	if !visible {
		printLine(r.err, "hint", "run in a terminal to see the changed text: "+r.target().policyCommand("diff"))
	} else {
		printLine(r.err, "hint", "approve what may pass with: "+r.target().policyCommand("approve"))
	}
	return nil
}

// noChange says that nothing waits for approval, and whether anything was looked at: a
// name may be mistyped, and no policy may have pins.
func (r rules) noChange(known *pins.Pins) error {
	if !known.Empty() {
		_, err := fmt.Fprintln(r.out, "nothing has changed")
		return err
	}
	fmt.Fprintf(r.out, "nothing is remembered of %s yet\n", terminal.Line(r.target().name()))
	printLine(r.err, "hint", `tools are remembered when they are first listed under a policy with "pins: warn" or "pins: enforce"; see what applies: `+r.target().policyCommand("show"))
	return nil
}

func (r rules) showChange(key string, change [2]pins.Pin, visible bool) {
	if !visible {
		fmt.Fprintf(r.out, "%s: changed in %s, first seen %s\n", confusable.RevealName(key),
			strings.Join(change[0].Definition.Changes(change[1].Definition), ", "), change[1].Seen.Format("2006-01-02 15:04"))
		return
	}
	text := diff.Diff("approved", []byte(change[0].Definition.Lines()), "changed", []byte(change[1].Definition.Lines()))
	_, text, _ = bytes.Cut(text, []byte("\n")) // a command that nobody has run
	fmt.Fprintf(r.out, "%s\n%s\n", confusable.RevealName(key), text)
}

func (r rules) approve(known *pins.Pins) error {
	if !terminal.Is(r.in) {
		return usageError{errors.New("approval needs an interactive terminal"), []string{"run in a terminal: " + r.target().policyCommand("approve")}}
	}
	waiting, err := known.Waiting()
	if err != nil {
		return err
	}
	if len(waiting) == 0 {
		return r.noChange(known)
	}
	answers := bufio.NewScanner(r.in)
	for _, key := range slices.Sorted(maps.Keys(waiting)) {
		r.showChange(key, waiting[key], true)
		fmt.Fprintf(r.out, "approve %s? [y/N] ", confusable.RevealName(key))
		if !answers.Scan() {
			return answers.Err()
		}
		if !strings.EqualFold(strings.TrimSpace(answers.Text()), "y") {
			continue
		}
		approved, err := known.Approve(key, waiting[key][1].Hash)
		if err != nil {
			return err
		}
		if !approved {
			fmt.Fprintf(r.out, "%s has changed again: not approved\n", confusable.RevealName(key))
			continue
		}
		fmt.Fprintf(r.out, "approved %s\n", confusable.RevealName(key))
	}
	return nil
}
