package shell_test

import (
	"fmt"

	"ucbridge/bridge/shell"
)

// The same command for a POSIX shell and for PowerShell.
func ExampleWithVariable() {
	for _, system := range []string{"linux", "windows"} {
		command := shell.Command(system, "ucbridge", "tools", "my connection")
		fmt.Println(shell.WithVariable(system, "UCBRIDGE_PROFILE", "bob's", command))
	}
	// Output:
	// UCBRIDGE_PROFILE='bob'\''s' ucbridge tools 'my connection'
	// $env:UCBRIDGE_PROFILE = 'bob''s'; ucbridge tools 'my connection'
}

// A variable that is to last longer than one command.
func ExampleExport() {
	for _, system := range []string{"linux", "windows"} {
		fmt.Println(shell.Export(system, "DATABRICKS_CONFIG_FILE", "bob's file"))
	}
	// Output:
	// export DATABRICKS_CONFIG_FILE='bob'\''s file'
	// $env:DATABRICKS_CONFIG_FILE = 'bob''s file'
}
