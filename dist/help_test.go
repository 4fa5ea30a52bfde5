package main

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// grouped is help of a program that groups its commands.
const grouped = `Do a thing
to these:

  one
  two

Usage:
  tool [flags]
  tool [command]

Examples:
  tool do Flags:

  tool undo

Start here:
  demo        Show it

Additional Commands:
  do-it       Do it
  help        Help about any command

Flags:
  -h, --help           help for tool
  -p, --profile name   profile in
                       a file
      --quiet          say nothing

Network and logging:
      --debug   say everything

Use "tool [command] --help" for more information about a command.
`

func TestParseHelp(t *testing.T) {
	t.Parallel()
	c := parseHelp(grouped)
	if diff := cmp.Diff([]string{"Do a thing", "to these:", "", "  one", "  two"}, c.long); diff != "" {
		t.Errorf("long (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"demo", "do-it", "help"}, c.subcommands()); diff != "" {
		t.Errorf("subcommands (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"  tool do Flags:", "", "  tool undo"}, c.section("Examples")); diff != "" {
		t.Errorf("examples (-want +got):\n%s", diff)
	}
}

func TestManual(t *testing.T) {
	t.Parallel()
	c := parseHelp(grouped)
	var m manual
	m.heading("SH", "DESCRIPTION")
	m.prose(append(c.long, `'quoted' and .dotted:`, `.dotted \d "q"`))
	m.listing(c.section("Flags"))
	want := `.SH "DESCRIPTION"
Do a thing
to these:
.PP
.EX
  one
  two
.EE
\&'quoted' and .dotted:
\&.dotted \ed \(dqq\(dq
.TP
\fB\-h, \-\-help\fR
help for tool
.TP
\fB\-p, \-\-profile name\fR
profile in
a file
.TP
\fB\-\-quiet\fR
say nothing
`
	if diff := cmp.Diff(strings.Split(want, "\n"), strings.Split(m.String(), "\n")); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
