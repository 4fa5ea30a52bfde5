package main

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestJudge(t *testing.T) {
	t.Parallel()
	a, b := checkName{"s", "id-a", "A"}, checkName{"s", "id-b", "B"}
	passed, failed, missing := outcome{passed: 1}, outcome{failed: 1, why: "no"}, outcome{}
	everywhere, onRoute := []string{direct, "proxy"}, []string{"proxy"}
	tests := []struct {
		name          string
		directly, got results
		expected      []expectation
		want          verdict
	}{
		{
			name:     "all pass",
			directly: results{a: passed, b: passed}, got: results{a: passed, b: passed},
			want: verdict{scenarios: 1, scenariosPassed: 1, checks: 2, checksPassed: 2},
		},
		{
			name:     "a failure",
			directly: results{a: passed}, got: results{a: failed},
			want: verdict{scenarios: 1, checks: 1, problems: []string{"s id-a (A): no"}},
		},
		{
			name:     "a check that is not made",
			directly: results{a: passed}, got: results{},
			want: verdict{scenarios: 1, checks: 1, problems: []string{"s id-a (A): not made, while it passes directly"}},
		},
		{
			name:     "a check made less often",
			directly: results{a: outcome{passed: 3}}, got: results{a: passed},
			want: verdict{scenarios: 1, checks: 3, checksPassed: 1, problems: []string{"s id-a (A): passed 1 times, directly 3"}},
		},
		{
			name:     "a check that is new",
			directly: results{}, got: results{a: passed},
			want: verdict{scenarios: 1, scenariosPassed: 1, checks: 1, checksPassed: 1},
		},
		{
			name:     "a remark",
			directly: results{a: missing}, got: results{a: missing},
		},
		{
			name:     "an expected failure, by scenario",
			directly: results{a: passed, b: passed}, got: results{a: failed},
			expected: []expectation{{routes: onRoute, suite: "x", leg: "server", scenario: "s"}},
			want:     verdict{scenarios: 1, checks: 2, expected: 2},
		},
		{
			name:     "an expected failure, by id, beside another",
			directly: results{a: passed, b: passed}, got: results{a: failed, b: failed},
			expected: []expectation{{routes: onRoute, suite: "x", leg: "server", scenario: "s", check: "id-a"}},
			want:     verdict{scenarios: 1, checks: 2, expected: 1, problems: []string{"s id-b (B): no"}},
		},
		{
			name:     "a failure expected elsewhere",
			directly: results{a: passed}, got: results{a: failed},
			expected: []expectation{
				{routes: []string{"external-function"}, suite: "x", leg: "server", scenario: "s"},
				{routes: onRoute, suite: "y", leg: "server", scenario: "s"},
				{routes: onRoute, suite: "x", leg: "client", scenario: "s"},
			},
			want: verdict{scenarios: 1, checks: 1, problems: []string{"s id-a (A): no"}},
		},
		{
			name:     "an expected failure that passes",
			directly: results{a: passed}, got: results{a: passed},
			expected: []expectation{{at: "f:1", routes: onRoute, suite: "x", leg: "server", scenario: "s", check: "A", reason: "why"}},
			want: verdict{scenarios: 1, scenariosPassed: 1, checks: 1, checksPassed: 1,
				problems: []string{"f:1 is expected to fail (why), and did not: take it off"}},
		},
		{
			name:     "a failure that the upstream has too",
			directly: results{a: failed}, got: results{a: failed},
			expected: []expectation{{routes: everywhere, suite: "x", leg: "server", scenario: "s"}},
			want:     verdict{scenarios: 1, checks: 1, expected: 1},
		},
		{
			name:     "a failure that the upstream does not have, beside one that it has",
			directly: results{a: failed, b: passed}, got: results{a: failed, b: failed},
			expected: []expectation{{routes: everywhere, suite: "x", leg: "server", scenario: "s"}},
			want:     verdict{scenarios: 1, checks: 2, expected: 1, problems: []string{"s id-b (B): no"}},
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			r := run{suite: suite{name: "x"}, leg: serverLeg, route: "proxy"}
			got := judge(r, test.directly, test.got, test.expected)
			if diff := cmp.Diff(test.want, got, cmp.AllowUnexported(verdict{})); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestReadExpectations(t *testing.T) {
	t.Parallel()
	const text = `# One reason,
# on two lines.
x server s
x client t A

# Another.
y server u
# A third.
y server v
`
	want := []expectation{
		{at: "f:3", suite: "x", leg: "server", scenario: "s", reason: "One reason, on two lines."},
		{at: "f:4", suite: "x", leg: "client", scenario: "t", check: "A", reason: "One reason, on two lines."},
		{at: "f:7", suite: "y", leg: "server", scenario: "u", reason: "Another."},
		{at: "f:9", suite: "y", leg: "server", scenario: "v", reason: "A third."},
	}
	got, err := readExpectations("f", strings.NewReader(text), nil)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(expectation{})); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	for _, bad := range []string{"x server s\n", "# Why.\n\nx server s\n", "# Why.\nx server\n", "# Why.\nx server s A more\n"} {
		if _, err := readExpectations("f", strings.NewReader(bad), nil); err == nil {
			t.Errorf("%q was accepted", bad)
		}
	}
}

// TestExpectations holds the lists to what is run: a misspelled suite or leg would
// never be missed.
func TestExpectations(t *testing.T) {
	t.Parallel()
	all, err := loadExpectations()
	if err != nil {
		t.Fatal(err)
	}
	known := make(map[string]bool)
	for _, s := range suites {
		for _, leg := range legs {
			known[s.name+" "+leg] = true
		}
	}
	for _, e := range all {
		if !known[e.suite+" "+e.leg] {
			t.Errorf("%s: there is no %s %s", e.at, e.suite, e.leg)
		}
	}
}
