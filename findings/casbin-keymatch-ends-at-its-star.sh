#!/usr/bin/env bash
# Go github.com/casbin/casbin/v2 v2.135.0: a star in the midst of a rule
#
# Guess: with keyMatch, the function of Casbin's first examples, "github.*_issues" covers the
#   tools that begin with "github." and end with "_issues".
# Behaviour: keyMatch compares what is before the first star, and what is behind it does not
#   matter. keyMatch2 to keyMatch5 and globMatch of the same library go by the whole rule.
# Seen: a rule for "github.*_issues" allows github.list_issues, and github.delete_repo with
#   keyMatch; with keyMatch2 and globMatch it refuses the latter. "*_read" allows
#   wiki.page_delete. Nothing is said when the policy is loaded.
# Why it matters: who gives rules for tools by their names writes suffixes as soon as prefixes
#   ("*_read", "jira.get_*_comments"), and the first of these covers every tool of every
#   server. Use keyMatch2 or globMatch, and try each rule with a tool that it must refuse.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
export GOFLAGS='-mod=mod -trimpath -ldflags=-w -vet=off' GOWORK=off
cat > go.mod <<'EOF'
module probe
go 1.26
require github.com/casbin/casbin/v2 v2.135.0
EOF
cat > policy.csv <<'EOF'
p, developers, github.*_issues, call
p, readers, *_read, call
g, ada@example.com, developers
g, bob@example.com, readers
EOF
cat > main.go <<'EOF'
package main

import (
	"fmt"
	"os"

	"github.com/casbin/casbin/v2"
)

func main() {
	failed := false
	for _, function := range []string{"keyMatch", "keyMatch2", "globMatch"} {
		rules := `[request_definition]
r = sub, obj, act
[policy_definition]
p = sub, obj, act
[role_definition]
g = _, _
[policy_effect]
e = some(where (p.eft == allow))
[matchers]
m = g(r.sub, p.sub) && ` + function + `(r.obj, p.obj) && r.act == p.act
`
		if err := os.WriteFile("model.conf", []byte(rules), 0o600); err != nil {
			panic(err)
		}
		enforcer, err := casbin.NewEnforcer("model.conf", "policy.csv")
		if err != nil {
			panic(err)
		}
		for _, c := range []struct {
			user, tool string
			want       bool
		}{
			{"ada@example.com", "github.list_issues", true},
			{"ada@example.com", "github.delete_repo", function == "keyMatch"},
			{"ada@example.com", "slack.list_issues", false},
			{"bob@example.com", "wiki.page_read", true},
			{"bob@example.com", "wiki.page_delete", function == "keyMatch"},
		} {
			allowed, err := enforcer.Enforce(c.user, c.tool, "call")
			fmt.Printf("%s: %s, %s allowed: %v\n", function, c.user, c.tool, allowed)
			if err != nil || allowed != c.want {
				fmt.Println("CHANGED: expected", c.want, "and got the error", err)
				failed = true
			}
		}
	}
	if failed {
		os.Exit(1)
	}
}
EOF
go mod tidy >tidy.log 2>&1 || { cat tidy.log; exit 1; }
[ "$(go list -m -f '{{.Version}}' github.com/casbin/casbin/v2)" = v2.135.0 ] || { echo "CHANGED: another version of casbin was chosen"; exit 1; }
go run . 2>log.txt || { cat log.txt; exit 1; }
echo "as stated"
