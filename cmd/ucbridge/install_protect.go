package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/pflag"

	"ucbridge/cmd/internal/aiclient"
	"ucbridge/cmd/internal/terminal"
	"ucbridge/config"
)

// targetFlags say where an entry goes, and restrictions what it lets through.
var (
	targetFlags  = []string{"--connection", "--mcp-service", "--url", "--path", "--servers", "--all-servers"}
	restrictions = []string{"--read-only", "--allow", "--deny", "--policy", "--audit"}
)

// losses says what an entry of that name would lose if another took its place: its
// target, or rules that hold in it. None is no loss.
func losses(was, now aiclient.Server) []string {
	before, after := settings(was), settings(now)
	var lost []string
	for _, flag := range targetFlags {
		if value := before[flag]; value != "" && value != "false" && !strings.EqualFold(value, after[flag]) {
			lost = append(lost, strings.TrimSuffix(flag+" "+value, " true"))
		}
	}
	for _, flag := range restrictions {
		if value := before[flag]; value != "" && value != "false" && value != after[flag] {
			lost = append(lost, strings.TrimSuffix(flag+" "+value, " true"))
		}
	}
	return lost
}

// settings are the flags of an entry with their values, and the variables that
// stand for flags.
func settings(s aiclient.Server) map[string]string {
	found := make(map[string]string)
	add := func(flag, value string) {
		if found[flag] != "" {
			value = found[flag] + "," + value // a flag that may be repeated
		}
		found[flag] = value
	}
	known := pflag.NewFlagSet("", pflag.ContinueOnError)
	config.New().Bind(known)
	for i, arg := range s.Args {
		flag, value, given := strings.Cut(arg, "=")
		name, long := strings.CutPrefix(flag, "--")
		if !long {
			continue
		}
		if f := known.Lookup(name); !given && f != nil && f.NoOptDefVal != "" {
			value = f.NoOptDefVal // what follows is another argument
		} else if !given && i+1 < len(s.Args) {
			value = s.Args[i+1]
		}
		add(flag, value)
	}
	for name, value := range s.Env {
		if name, ok := strings.CutPrefix(name, "UCBRIDGE_"); ok {
			add("--"+strings.ToLower(strings.ReplaceAll(name, "_", "-")), value)
		}
	}
	return found
}

// protected is the refusal to let an entry take the place of one that goes
// elsewhere or lets less through.
func protected(c aiclient.Change, name string, lost []string) error {
	return usageError{
		fmt.Errorf("%s already has %s, with %s, which this would remove", c.Client.Title, name, terminal.Line(strings.Join(lost, " "))),
		[]string{"to keep both: --name " + otherName(name, c), "to replace it: --force"},
	}
}

// otherName is a name that is free in the client's settings.
func otherName(name string, c aiclient.Change) string {
	for i := 2; ; i++ {
		other := fmt.Sprintf("%s-%d", name, i)
		if !slices.Contains(c.Taken, other) {
			return other
		}
	}
}
