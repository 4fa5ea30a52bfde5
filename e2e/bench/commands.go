package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// commandPairs are how many runs a row of "commands" is the median of.
const commandPairs = 8

// commands are those that a person waits for.
var commands = []struct {
	name string
	args []string
}{
	{"tools", []string{"tools", "--connection", sampleConnection}},
	{"call", []string{"call", "echo", "text=hello", "--connection", sampleConnection}},
	{"doctor", []string{"doctor", "--connection", sampleConnection}},
	{"install", []string{"install", "cursor", "--connection", sampleConnection}},
}

// measureCommands runs the commands over a long line, beside those of the other build
// where there is one. Nothing is remembered of an earlier run.
func measureCommands(ctx context.Context, r report, p programs, at site, s settings) error {
	w := wide{p, at}
	for _, command := range commands {
		name := "commands/" + command.name
		if !s.wants(name) {
			continue
		}
		fmt.Fprintln(os.Stderr, name)
		var ours, theirs []float64
		for range commandPairs {
			took, err := w.run(ctx, p.ucbridge, command.args)
			if err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
			ours = append(ours, took)
			if p.base == "" {
				continue
			}
			if took, err = w.run(ctx, p.base, command.args); err != nil {
				return fmt.Errorf("%s of the other build: %w", name, err)
			}
			theirs = append(theirs, took)
		}
		text := plain(median(ours)) + " ms"
		if p.base != "" {
			text += fmt.Sprintf(", base %s ms, ratio %s", plain(median(theirs)), plain(median(ratios(ours, theirs))))
		}
		r.line(name, median(ours), text)
	}
	return nil
}

// run runs a command to its end over a long line, in ms.
func (w wide) run(ctx context.Context, program string, args []string) (took float64, err error) {
	line, workspace, err := w.line(distants[0])
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, line.close()) }()
	home, err := os.MkdirTemp(w.site.home, "home-")
	if err != nil {
		return 0, err
	}
	if err := os.Mkdir(filepath.Join(home, ".cursor"), 0o700); err != nil {
		return 0, err
	}
	began := time.Now()
	c, err := startChild(ctx, w.environment(distants[0], workspace, home), program, args...)
	if err != nil {
		return 0, err
	}
	err = c.close()
	return milliseconds(time.Since(began)), err
}
