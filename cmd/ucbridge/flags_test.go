package main

import (
	"io"
	"strings"
	"testing"

	"github.com/spf13/pflag"

	"ucbridge/config"
)

// TestEveryFlagIsInAGroup finds settings that the groups of help have forgotten, and
// names in the groups that no setting has.
func TestEveryFlagIsInAGroup(t *testing.T) {
	t.Parallel()
	settings := pflag.NewFlagSet("", pflag.ContinueOnError)
	config.New().Bind(settings)
	settings.VisitAll(func(f *pflag.Flag) {
		if groupOf(f.Name) == "" {
			t.Errorf("--%s is in no group of flagGroups", f.Name)
		}
	})
	gateway := pflag.NewFlagSet("", pflag.ContinueOnError)
	config.NewGateway().Bind(gateway)
	for _, g := range flagGroups {
		for _, name := range g.flags {
			if settings.Lookup(name) == nil && gateway.Lookup(name) == nil {
				t.Errorf("%s: there is no flag --%s", g.heading, name)
			}
		}
	}
}

// TestHelpHidesNoFlag: what the help of a command leaves out is in "help flags".
func TestHelpHidesNoFlag(t *testing.T) {
	t.Parallel()
	_, topic, _ := invoke(t, "help", "flags")
	root := newRoot(streams{in: strings.NewReader(""), out: io.Discard, err: io.Discard}, nil)
	for _, cmd := range root.Commands() {
		help := flagHelp(cmd)
		cmd.LocalFlags().VisitAll(func(f *pflag.Flag) {
			if flag := "--" + f.Name + " "; !f.Hidden && !strings.Contains(help+topic, flag) && !strings.Contains(help, "--"+f.Name) {
				t.Errorf("%s: --%s is in no help", cmd.Name(), f.Name)
			}
		})
	}
}

// TestCommandIsMadeAlone: a command that is made without the others is the one that
// its name stands for, with the same flags.
func TestCommandIsMadeAlone(t *testing.T) {
	t.Parallel()
	s := streams{in: strings.NewReader(""), out: io.Discard, err: io.Discard}
	for _, among := range commands(s, nil) {
		alone := commands(s, []string{among.Name(), "--help"})
		if len(alone) != 1 || alone[0].Name() != among.Name() || alone[0].Flags().FlagUsages() != among.Flags().FlagUsages() {
			t.Errorf("%s alone is not what it is among the others: %d commands", among.Name(), len(alone))
		}
	}
	if all := commands(s, []string{"help", "stdio"}); len(all) < 10 {
		t.Errorf("help knows %d commands", len(all))
	}
}
