package shell_test

import (
	"fmt"

	"ucbridge/bridge/shell"
)

// The same command for a POSIX shell and for PowerShell.
func ExampleCommand() {
	for _, system := range []string{"linux", "windows"} {
		fmt.Println(shell.Command(system, "UCBRIDGE_PROFILE", "bob's", "ucbridge", "tools", "my connection"))
	}
	// Output:
	// UCBRIDGE_PROFILE='bob'\''s' ucbridge tools 'my connection'
	// $env:UCBRIDGE_PROFILE = 'bob''s'; ucbridge tools 'my connection'
}
