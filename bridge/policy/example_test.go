package policy_test

import (
	"fmt"

	"ucbridge/bridge/policy"
)

func ExampleParse() {
	file, err := policy.Parse("policy.yaml", []byte("connections:\n  github:\n    tools: {deny: [\"delete_*\"]}\n"))
	if err != nil {
		fmt.Println(err)
		return
	}
	p := policy.New(policy.TargetOf("GitHub", "", ""), file)
	for _, name := range []string{"get_issue", "Delete_repo"} {
		ruling := p.Tool(policy.Tool{Name: name})
		fmt.Println(name, ruling.Denied, ruling.Rule)
	}
	// Output:
	// get_issue false no rule forbids it
	// Delete_repo true deny "delete_*" (policy.yaml:3)
}
