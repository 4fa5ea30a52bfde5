package main

import "testing"

func TestNearest(t *testing.T) {
	t.Parallel()
	names := []string{"github", "jira", "claude-code", "list_issues", "list_pull_requests"}
	for word, want := range map[string]string{
		"githb": "github", "Github": "github", "gitub": "github", "jria": "jira", "claud": "claude-code", "list_issue": "list_issues",
		"claude-cod": "claude-code", "emacs": "", "x": "", "": "", "slack": "", "list_": "list_issues",
	} {
		if got := nearest(word, names); got != want {
			t.Errorf("%q is nearest to %q, want %q", word, got, want)
		}
	}
	for pair, want := range map[[2]string]int{{"", "abc"}: 3, {"abc", ""}: 3, {"kitten", "sitting"}: 3, {"same", "same"}: 0, {"ab", "ba"}: 2} {
		if got := distance(pair[0], pair[1]); got != want {
			t.Errorf("from %q to %q: %d, want %d", pair[0], pair[1], got, want)
		}
	}
}
