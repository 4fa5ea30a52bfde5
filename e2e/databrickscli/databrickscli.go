//go:build tools

// Package databrickscli pins the Databricks CLI that the tests run beside ucbridge.
// "make bin/databricks" builds it; it cannot be installed by "go install".
package databrickscli

import _ "github.com/databricks/cli"
