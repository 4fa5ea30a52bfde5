package e2e

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// The programs under test and beside it, built once for all tests.
var (
	ucbridge     string // UCBRIDGE_BIN, where that is set
	goEverything string // the everything-server of the Go SDK
)

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "ucbridge-e2e-")
	if err == nil {
		err = build(dir)
	}
	code := 1
	if err == nil {
		code = m.Run()
	} else {
		fmt.Fprintln(os.Stderr, err)
	}
	os.RemoveAll(dir)
	os.Exit(code)
}

// build builds the programs into dir.
func build(dir string) error {
	goEverything = filepath.Join(dir, "everything-server")
	if err := goBuild(".", goEverything, "github.com/modelcontextprotocol/go-sdk/conformance/everything-server"); err != nil {
		return err
	}
	if ucbridge = os.Getenv("UCBRIDGE_BIN"); ucbridge != "" {
		return nil
	}
	ucbridge = filepath.Join(dir, "ucbridge")
	return goBuild("..", ucbridge, "./cmd/ucbridge")
}

// goBuild builds a program of the module in dir.
func goBuild(dir, output, pkg string) error {
	cmd := exec.Command("go", "build", "-o", output, pkg)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("building %s: %w\n%s", pkg, err, out)
	}
	return nil
}
