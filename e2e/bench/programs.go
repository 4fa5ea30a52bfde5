package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// policy holds rules of the kinds that calls are held to; all calls pass.
const policy = `
read_only: true
tools: {deny: ["delete_*", "merge_*", "*_secret*"]}
limits: {calls_per_minute: 100000000, max_call: 16MiB}
`

// programs are the executables that take part.
type programs struct {
	self, floor string
	ucbridge    string // UCBRIDGE_BIN, where that is set
	base        string // another build of ucbridge to compare with, or none
	cli         string // a Databricks CLI
	policy      string // the file that governs a contestant
	required    string // the same with an audit log that is required
}

// buildPrograms builds, into dir, what is not running yet; ucbridge as it is
// released. With wine, a program that runs those of Windows, ucbridge and the minimal
// relay are built for Windows.
func buildPrograms(ctx context.Context, dir, wine string) (p programs, err error) {
	if p.self, err = os.Executable(); err != nil {
		return p, fmt.Errorf("finding this program: %w", err)
	}
	if p.cli, err = linkCLI(p.self, dir); err != nil {
		return p, err
	}
	p.policy = filepath.Join(dir, "policy.yaml")
	if err := os.WriteFile(p.policy, []byte(policy), 0o600); err != nil {
		return p, err
	}
	p.required = filepath.Join(dir, "required.yaml")
	log := filepath.Join(dir, "required.jsonl")
	if wine != "" {
		log = "Z:" + log
	}
	audit := fmt.Sprintf("audit: {file: %q, required: true}\n", log)
	if err := os.WriteFile(p.required, []byte(policy+audit), 0o600); err != nil {
		return p, err
	}
	p.floor = filepath.Join(dir, "floor")
	if err := goBuild(ctx, ".", p.floor, "ucbridge/e2e/bench/floor", wine); err != nil {
		return p, err
	}
	if p.ucbridge = os.Getenv("UCBRIDGE_BIN"); p.ucbridge != "" {
		return p, nil
	}
	root, err := exec.CommandContext(ctx, "go", "list", "-m", "-f", "{{.Dir}}", "ucbridge").Output()
	if err != nil {
		return p, fmt.Errorf("finding the module ucbridge: %w", err)
	}
	p.ucbridge = filepath.Join(dir, "ucbridge")
	return p, goBuild(ctx, strings.TrimSpace(string(root)), p.ucbridge, "./cmd/ucbridge", wine)
}

// goBuild builds a package of the module in dir, or with wine a Windows program and a
// script that runs it.
func goBuild(ctx context.Context, dir, output, pkg, wine string) error {
	env := append(os.Environ(), "CGO_ENABLED=0")
	program := output
	if wine != "" {
		env = append(env, "GOOS=windows")
		program += ".exe"
		script := fmt.Sprintf("#!/bin/sh\nexec '%s' '%s' \"$@\"\n", wine, program)
		if err := os.WriteFile(output, []byte(script), 0o700); err != nil {
			return err
		}
	}
	cmd := exec.CommandContext(ctx, "go", "build", "-trimpath", "-ldflags", "-s -w", "-o", program, pkg)
	cmd.Dir = dir
	cmd.Env = env
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("building %s: %w\n%s", pkg, err, out)
	}
	return nil
}
