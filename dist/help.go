package main

import (
	"context"
	"regexp"
	"slices"
	"strings"
)

// command is one command as its help tells.
type command struct {
	path     string // "ucbridge stdio"
	long     []string
	sections []section
}

// section is a part of a command's help under a heading.
type section struct {
	heading string
	lines   []string
}

// notCommands are the headings under which there are no commands, beside those
// over flags. Under all others there are: a program may group its commands and
// name the groups.
var notCommands = []string{"Usage", "Aliases", "Examples", "Additional help topics"}

// listed is a line that lists a command, or a flag, and says what it is.
var listed = regexp.MustCompile(`^ +(\S.*?)(?:  +(\S.*))?$`)

// readCommands asks a binary for the help of a command and of all below it, in
// the order that the help has.
func readCommands(ctx context.Context, binary string, path ...string) ([]command, error) {
	text, err := output(ctx, nil, binary, append(path, "--help")...)
	if err != nil {
		return nil, err
	}
	c := parseHelp(string(text))
	c.path = strings.Join(append([]string{"ucbridge"}, path...), " ")
	if !c.isItsOwn() {
		return nil, nil
	}
	commands := []command{c}
	for _, name := range c.subcommands() {
		if name == "help" { // says nothing that is not said here
			continue
		}
		below, err := readCommands(ctx, binary, append(slices.Clone(path), name)...)
		if err != nil {
			return nil, err
		}
		commands = append(commands, below...)
	}
	return commands, nil
}

// isItsOwn reports whether this is the help of the command that was asked for: where
// there is no such command, the one above takes the name for an argument and shows
// its own.
func (c command) isItsOwn() bool {
	usage := strings.Join(c.section("Usage"), "\n") + " "
	return strings.Contains(usage, c.path+" ")
}

// parseHelp reads help as cobra prints it: what the command is, then sections
// from "Usage:" on.
func parseHelp(text string) command {
	var c command
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, " \n")
		heading, isHeading := strings.CutSuffix(line, ":")
		isHeading = isHeading && !strings.HasPrefix(line, " ")
		switch n := len(c.sections); {
		case isHeading && (n > 0 || heading == "Usage"):
			c.sections = append(c.sections, section{heading: heading})
		case n == 0:
			c.long = append(c.long, line)
		case line == "" || strings.HasPrefix(line, " "):
			c.sections[n-1].lines = append(c.sections[n-1].lines, line)
		} // else it is the last line, which tells of --help
	}
	c.long = trimBlank(c.long)
	for i := range c.sections {
		c.sections[i].lines = trimBlank(c.sections[i].lines)
	}
	return c
}

// section returns the lines under a heading.
func (c command) section(heading string) []string {
	for _, s := range c.sections {
		if s.heading == heading {
			return s.lines
		}
	}
	return nil
}

// listsFlags reports whether the section is about flags: its first line begins with
// one.
func (s section) listsFlags() bool {
	return len(s.lines) > 0 && strings.HasPrefix(strings.TrimSpace(s.lines[0]), "-")
}

// flags are the sections that list flags.
func (c command) flags() []section {
	var all []section
	for _, s := range c.sections {
		if s.listsFlags() {
			all = append(all, s)
		}
	}
	return all
}

// subcommands are the names of the commands directly below.
func (c command) subcommands() []string {
	var names []string
	for _, s := range c.sections {
		if slices.Contains(notCommands, s.heading) || s.listsFlags() {
			continue
		}
		for _, line := range s.lines {
			// The longest name has one blank after it, so the blanks do not tell more.
			if words := strings.Fields(line); len(words) > 0 {
				names = append(names, words[0])
			}
		}
	}
	return names
}

// trimBlank leaves out empty lines at both ends.
func trimBlank(lines []string) []string {
	for len(lines) > 0 && lines[0] == "" {
		lines = lines[1:]
	}
	for len(lines) > 0 && lines[len(lines)-1] == "" {
		lines = lines[:len(lines)-1]
	}
	return lines
}
