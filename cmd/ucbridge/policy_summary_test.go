package main

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ucbridge/bridge/audit"
)

func TestSummary(t *testing.T) {
	t.Parallel()
	row := func(tool, user, verdict, status, call string, took float64) audit.Row {
		return audit.Row{Connection: "github", Method: "tools/call", Tool: tool, User: user, Verdict: verdict, Status: status, Call: call, Duration: took}
	}
	rows := []audit.Row{
		row("search", "ada", "allow", audit.Begun, "1", 0), row("search", "ada", "allow", "ok", "1", 10),
		row("search", "ada", "allow", "ok", "", 30), row("search", "ada", "allow", "tool_error", "", 20),
		row("search", "ada", "deny", "tool_error", "", 0),
		row("search", "bob", "allow", audit.Begun, "2", 0), // the process was killed
		row("merge", "", "deny", "error", "", 0),
		{Connection: "github", Method: "tools/list", Verdict: "allow", Status: "ok"},
	}
	want := []usage{
		{Connection: "github", Tool: "search", User: "ada", Calls: 4, Errors: 1, Denied: 1, P50: 20},
		{Connection: "github", Tool: "merge", Calls: 1, Denied: 1},
		{Connection: "github", Tool: "search", User: "bob", Calls: 1, Errors: 1},
	}
	if diff := cmp.Diff(want, summarize(rows)); diff != "" {
		t.Errorf("summary (-want +got):\n%s", diff)
	}
	var out strings.Builder
	if err := printSummary(&out, "text", want[1:2]); err != nil || out.String() != "CONNECTION  TOOL   USER  CALLS  ERRORS  DENIED  P50 MS\ngithub      merge  -     1      0       1       0.0\n" {
		t.Errorf("%v, printed:\n%s", err, &out)
	}
}
