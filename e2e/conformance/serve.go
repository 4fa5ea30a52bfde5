package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"time"
)

// atGateway marks a route that starts at ucbridge serve instead of stdio: the
// suites speak to it directly.
const atGateway = "serve:"

// served is a running ucbridge serve on a passage.
type served struct {
	*passage
	cmd *exec.Cmd
	url string
}

// serve starts ucbridge serve on a way to upstream. It asks nobody who they are:
// the suites have no credentials.
func serve(ucbridge, route, upstream, dir string) (_ *served, err error) {
	log, err := openLog(dir, "serve.log")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, log.Close()) }() // the process has its own
	p, err := openPassage(ucbridge, strings.TrimPrefix(route, atGateway), upstream, dir)
	if err != nil {
		return nil, err
	}
	cmd := exec.Command(ucbridge, "serve", "--auth", "app", "--listen", "127.0.0.1:0",
		"--connection", connectionName, "--route", p.route, "--call-timeout", callTimeout, "--user-rate", "0")
	cmd.Env = p.environment()
	cmd.Stderr = log
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, errors.Join(err, p.workspace.Close())
	}
	if err := cmd.Start(); err != nil {
		return nil, errors.Join(fmt.Errorf("starting ucbridge serve: %w", err), p.workspace.Close())
	}
	s := &served{passage: p, cmd: cmd}
	if _, err := fmt.Fscanf(out, "serving %s\n", &s.url); err != nil {
		return nil, errors.Join(fmt.Errorf("starting ucbridge serve: %w", err), s.close())
	}
	return s, nil
}

// close ends it as a Databricks App is ended: it must have ended well by then.
func (s *served) close() error {
	_ = s.cmd.Process.Signal(os.Interrupt) // gone already, which Wait tells
	late := time.AfterFunc(15*time.Second, func() { _ = s.cmd.Process.Kill() })
	defer late.Stop()
	return errors.Join(s.cmd.Wait(), s.workspace.Close())
}
