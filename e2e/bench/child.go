package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"time"
)

// patience bounds every wait for a process to end.
const patience = 10 * time.Second

// child is a process with pipes at its standard input and output. It ends when
// its input does.
type child struct {
	cmd *exec.Cmd
	in  io.WriteCloser
	out *bufio.Reader
}

// startChild starts a program. It is killed when ctx ends.
func startChild(ctx context.Context, env []string, program string, args ...string) (*child, error) {
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.Env = env
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	c := &child{cmd, in, bufio.NewReaderSize(out, 64<<10)}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	return c, nil
}

// close ends the process and returns when it is gone.
func (c *child) close() error {
	kill := time.AfterFunc(patience, func() { _ = c.cmd.Process.Kill() }) // Wait tells
	defer kill.Stop()
	_ = c.in.Close() // gone with the process otherwise
	if _, err := c.out.WriteTo(io.Discard); err != nil && !errors.Is(err, os.ErrClosed) {
		return fmt.Errorf("draining %s: %w", c.cmd.Path, err)
	}
	if err := c.cmd.Wait(); err != nil {
		return fmt.Errorf("ending %s: %w", c.cmd.Path, err)
	}
	return nil
}
