package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"ucbridge/bridge/emulator"
)

// realCLI is the Databricks CLI that "make bin/databricks" builds.
const realCLI = "../bin/databricks"

// loginProfile is the profile that it is logged in to.
const loginProfile = "BENCH"

// measureLogin compares a start of ucbridge stdio, up to the answer to initialize, by a
// login of the real Databricks CLI with the least that it can take: the same start by
// an access token, and one run of "databricks auth token".
func measureLogin(ctx context.Context, r report, p programs, at site, s settings) error {
	const name = "login/start"
	if !s.wants(name) {
		return nil
	}
	cli, err := filepath.Abs(realCLI)
	if err != nil {
		return err
	}
	if _, err := os.Stat(cli); err != nil {
		r.line(name, unknown, "no Databricks CLI: make bin/databricks")
		return nil
	}
	home, err := os.MkdirTemp(at.home, "login-")
	if err != nil {
		return err
	}
	env := []string{"HOME=" + home, "PATH=/usr/bin:/bin", "DATABRICKS_CLI_PATH=" + cli}
	if err := logIn(ctx, cli, at.workspace, home, env); err != nil {
		return err
	}
	plainLane := at.lanes()[0]
	byToken := contestant{name: nameBridge, program: p.ucbridge, args: func(route string) []string {
		return []string{"stdio", "--connection", connection, "--route", route}
	}}
	var login, least, token []float64
	for range s.effort.rounds * s.effort.portions {
		peer, byPAT, err := byToken.launch(ctx, at, plainLane)
		if err == nil {
			err = peer.close()
		}
		if err != nil {
			return err
		}
		began := time.Now()
		if err := run(ctx, env, cli, "auth", "token", "--profile", loginProfile); err != nil {
			return err
		}
		once := milliseconds(time.Since(began))
		byLogin, err := startByLogin(ctx, p, plainLane, home, env)
		if err != nil {
			return err
		}
		login, token, least = append(login, byLogin), append(token, once), append(least, byPAT+once)
	}
	ratio := median(ratios(login, least))
	r.line(name, ratio, fmt.Sprintf("%s ms; by access token and one run of the CLI (%s ms) %s ms, ratio %s",
		plain(median(login)), plain(median(token)), plain(median(least)), plain(ratio)))
	return nil
}

// logIn has the CLI log in, by a browser that clicks.
func logIn(ctx context.Context, cli, workspace, home string, env []string) error {
	browser := filepath.Join(home, "browser")
	script := "#!/bin/sh\nexec >/dev/null 2>&1\ncurl -sS -L -o /dev/null \"$1\" &\n"
	if err := os.WriteFile(browser, []byte(script), 0o700); err != nil {
		return err
	}
	return run(ctx, append(env, "BROWSER="+browser), cli, "auth", "login", "--host", workspace, "--profile", loginProfile)
}

// startByLogin starts ucbridge with nothing remembered, in ms.
func startByLogin(ctx context.Context, p programs, l lane, home string, env []string) (took float64, err error) {
	cache, err := os.MkdirTemp(home, "cache-")
	if err != nil {
		return 0, err
	}
	began := time.Now()
	process, err := startChild(ctx, append(env, "UCBRIDGE_CACHE_DIR="+cache), p.ucbridge,
		"stdio", "--connection", connection, "--route", l.route, "--profile", loginProfile)
	if err != nil {
		return 0, err
	}
	b := &bridge{child: process, next: firstID}
	_, err = b.run(initialize, 1, 1)
	took = milliseconds(time.Since(began))
	return took, errors.Join(err, b.close())
}

// run runs a program to its end. What it says is in the error.
func run(ctx context.Context, env []string, program string, args ...string) error {
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.Env = env
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("running %s: %w\n%s", cmd, err, out)
	}
	return nil
}

// The metastore whose services are listed, and how long each of its answers takes.
const (
	manySchemas       = 200
	servicesPerSchema = 20
	answerTime        = 50 * time.Millisecond
)

// measureCatalog lists the connections of a large metastore that answers slowly, schema
// by schema.
func measureCatalog(ctx context.Context, r report, p programs, at site, s settings) (err error) {
	const name = "connections/4000"
	if !s.wants(name) {
		return nil
	}
	w, err := emulator.Start(emulator.Options{Empty: true, ServicesByParent: true})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, w.Close()) }()
	w.AddUser(emulator.User{Name: "bench@example.com", PAT: token})
	w.AddConnection(emulator.Connection{Name: "upstream", MCP: true})
	for schema := range manySchemas {
		for service := range servicesPerSchema {
			w.AddService(emulator.Service{Name: fmt.Sprintf("main.s%03d.t%02d", schema, service), Connection: "upstream"})
		}
	}
	w.Inject(emulator.Fault{Path: "/api/", Delay: answerTime})
	var took []float64
	for range s.effort.rounds {
		began := time.Now()
		if err := run(ctx, at.environment(w.URL()), p.ucbridge, "connections", "-o", "json"); err != nil {
			return err
		}
		took = append(took, milliseconds(time.Since(began)))
	}
	r.line(name, median(took), fmt.Sprintf("%s ms, %d services in %d schemas, %s an answer", plain(median(took)), manySchemas*servicesPerSchema, manySchemas, answerTime))
	return nil
}
