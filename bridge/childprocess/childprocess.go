// Package childprocess runs programs that end when they are told to, with all that they
// have started themselves, and that read nothing of our stdin.
package childprocess

import (
	"errors"
	"fmt"
	"os/exec"
	"time"
)

const (
	// maxOutput is how much a program may print to stdout, in bytes, and maxSaid how much is
	// kept of what it prints to stderr.
	maxOutput = 1 << 20
	maxSaid   = 64 << 10
	// pipeTimeout is how long what a program has started may keep its output open, once the
	// program itself has ended.
	pipeTimeout = time.Second
)

// errTooMuch ends the output of a program that prints without end.
var errTooMuch = fmt.Errorf("it printed more than %d KiB", maxOutput>>10)

// Output runs a command and returns what it prints to stdout, and the beginning of what it
// prints to stderr, which is there with an error too. The command ends with its context,
// with all that it has started. What it leaves running when it ends by itself is not waited
// for: on Windows that ends too, on Unix it goes on. The error is that of [exec.Cmd.Wait],
// or says that it printed too much.
func Output(cmd *exec.Cmd) (out, said []byte, err error) {
	stdout, stderr := &beginning{max: maxOutput, full: errTooMuch}, &beginning{max: maxSaid}
	cmd.Stdin, cmd.Stdout, cmd.Stderr = nil, stdout, stderr
	cmd.WaitDelay = pipeTimeout
	end, err := start(cmd)
	if err != nil {
		return nil, nil, err
	}
	defer end()
	err = cmd.Wait()
	switch {
	case stdout.cut: // which the program may not have survived
		err = errTooMuch
	case errors.Is(err, exec.ErrWaitDelay): // it has ended well, and all that it printed is here
		err = nil
	}
	return stdout.kept, stderr.kept, err
}

// beginning keeps as much as max of what is written to it. More is an error if full is one,
// by which the program's pipe is closed.
type beginning struct {
	max  int
	full error
	kept []byte
	cut  bool // there was more
}

func (b *beginning) Write(p []byte) (int, error) {
	room := b.max - len(b.kept)
	if len(p) <= room {
		b.kept = append(b.kept, p...)
		return len(p), nil
	}
	b.kept, b.cut = append(b.kept, p[:room]...), true
	return len(p), b.full
}
