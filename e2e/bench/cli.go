package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
)

// isCLI reports whether this program was called as the Databricks CLI, which
// ucbridge asks for a token. It is a link then.
func isCLI(args []string) bool {
	return len(args) > 0 && strings.TrimSuffix(filepath.Base(args[0]), ".exe") == "databricks"
}

// answerAsCLI answers "databricks auth token" as the CLI does.
func answerAsCLI(out io.Writer) error {
	_, err := fmt.Fprintf(out, `{"access_token":%q,"token_type":"Bearer","expiry":"2999-01-01T00:00:00Z"}`+"\n", token)
	return err
}

// linkCLI makes a Databricks CLI in dir of this program, and returns its path.
func linkCLI(self, dir string) (string, error) {
	cli := filepath.Join(dir, "databricks")
	return cli, os.Symlink(self, cli)
}
