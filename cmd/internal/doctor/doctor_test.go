package doctor

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"

	"ucbridge/bridge/databricks/auth"
	"ucbridge/bridge/refusal"
	"ucbridge/cmd/internal/remote"
)

func says(f Finding) func(context.Context) Finding {
	return func(context.Context) Finding { return f }
}

// What a fault makes meaningless is skipped, and says because of what; what could
// not be told keeps nothing from being checked.
func TestRunSkips(t *testing.T) {
	t.Parallel()
	checks := []Check{
		{ID: "sick", run: says(failed("broken"))},
		{ID: "child", needs: []string{"sick"}, run: nil},
		{ID: "grandchild", needs: []string{"child"}, run: nil},
		{ID: "unsure", run: says(skipped("not told"))},
		{ID: "after", needs: []string{"unsure"}, run: says(ok("fine"))},
		{ID: "both", needs: []string{"after", "child"}, run: nil},
	}
	var got []string
	Run(t.Context(), checks, func(string) {}, func(r Result) { got = append(got, r.ID+": "+string(r.Status)+", "+r.Detail) })
	want := []string{
		"sick: failed, broken",
		"child: skipped, not checked: sick failed",
		"grandchild: skipped, not checked: sick failed",
		"unsure: skipped, not told",
		"after: ok, fine",
		"both: skipped, not checked: sick failed",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// Checks that need nothing of each other run side by side, and are told of in
// order, each as soon as it and those before it have ended.
func TestRunSideBySide(t *testing.T) {
	t.Parallel()
	second, told := make(chan struct{}), make(chan struct{})
	checks := []Check{
		{ID: "first", run: func(context.Context) Finding { <-second; return ok("") }},
		{ID: "second", run: func(context.Context) Finding { close(second); return ok("") }},
		{ID: "third", run: func(context.Context) Finding { <-told; return ok("") }},
	}
	var events []string
	Run(t.Context(), checks, func(id string) { events = append(events, "begin "+id) }, func(r Result) {
		events = append(events, "end "+r.ID)
		if r.ID == "second" {
			close(told)
		}
	})
	want := []string{"begin first", "end first", "begin second", "end second", "begin third", "end third"}
	if diff := cmp.Diff(want, events); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// A check that does not end is given up, one that heeds its context says why.
func TestRunEnds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		defer close(release)
		checks := []Check{
			{ID: "deaf", run: func(context.Context) Finding { <-release; return ok("") }},
			{ID: "heeds", run: func(ctx context.Context) Finding { <-ctx.Done(); return failed("cut short") }},
		}
		var got []string
		Run(t.Context(), checks, func(string) {}, func(r Result) { got = append(got, r.ID+": "+r.Detail) })
		if want := []string{"deaf: no answer within 15s", "heeds: cut short"}; !slices.Equal(got, want) {
			t.Errorf("got %q, want %q", got, want)
		}
	})
}

func TestFault(t *testing.T) {
	t.Parallel()
	quoting := func(reason refusal.Reason) *refusal.Error {
		e := refusal.New(reason, "No.").WithHint("do it")
		e.Data.Detail = "said so"
		return e
	}
	tests := []struct {
		name         string
		err          error
		detail, hint string
	}{
		{"foreign words", errors.New("a\x1b[2J\nb"), `a\u{1b}[2J b`, ""},
		{"a refusal", quoting("workspace_error"), "No: said so", "do it"},
		{"a refusal that says it all", quoting("connection_forbidden"), "No.", "do it"},
		{"the server's own error", &remote.Refusal{Code: -32600, Message: "Not Acceptable: why"}, "the MCP server answered with an error: Not Acceptable: why (code -32600)", serverRefused},
		{"time", context.DeadlineExceeded, "no answer within 15s", "try again; --debug shows what it waits for"},
	}
	for _, tt := range tests {
		f := fault(tt.err)
		if f.Status != Failed || f.Detail != tt.detail || f.Hint != tt.hint || f.Err == nil {
			t.Errorf("%s: %+v", tt.name, f)
		}
	}
}

func TestPrint(t *testing.T) {
	t.Parallel()
	r := Result{ID: "routes", Finding: Finding{Status: Failed, Detail: "words that\tare long\x1b[2J and are broken", Hint: "a command that is never broken\nand another\x07"}}
	var out strings.Builder
	p := Printer{W: &out, Width: 40, All: true}
	p.Print(r)
	want := `✗ routes         words that are
                 long\u{1b}[2J and are
                 broken
                 next: a command that is never broken
                 and another\u{7}
`
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// A name that does not resolve is perhaps misspelled, and it is said where.
func TestWrongHost(t *testing.T) {
	t.Parallel()
	w := &workspace{settings: []auth.Setting{{Name: "host", Value: "https://adb-l.test", Source: "DATABRICKS_HOST"}}}
	w.reached = fmt.Errorf("%w: %w", refusal.New("workspace_unreachable", "No name."), &net.DNSError{IsNotFound: true})
	if f := w.reachable(t.Context()); f.Status != Failed || !strings.HasPrefix(f.Hint, "see whether https://adb-l.test (DATABRICKS_HOST) is spelled right") {
		t.Errorf("%+v", f)
	}
}

// An error that no workspace gives is told from one that it may well give.
func TestForeign(t *testing.T) {
	t.Parallel()
	refused := func(reason refusal.Reason, status int) error {
		e := refusal.New(reason, "No.")
		e.Data.HTTPStatus = status
		return e
	}
	for _, tt := range []struct {
		err  error
		want bool
	}{
		{refused("workspace_error", 404), true},
		{refused("redirect_refused", 302), true},
		{errors.New("not JSON"), true},
		{refused("workspace_error", 502), false},
		{refused("workspace_unavailable", 503), false},
		{refused("not_authenticated", 403), false},
		{fmt.Errorf("x: %w", context.DeadlineExceeded), false},
	} {
		if got := foreign(tt.err); got != tt.want {
			t.Errorf("%v: %t", tt.err, got)
		}
	}
}
