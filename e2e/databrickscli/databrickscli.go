//go:build tools

// Package databrickscli pins the Databricks CLI that the tests run beside ucbridge, and
// in testserver the workspace that its makers test it against. "make bin/databricks" and
// "make bin/databricks-testserver" build them; "go install" cannot.
package databrickscli

import _ "github.com/databricks/cli"
