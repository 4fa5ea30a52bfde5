package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
	"golang.org/x/sys/unix"
)

// cmdTalk is "talk code dialogue program args...": the program runs at a terminal
// of 60 columns, which stands for all three of its streams, and ends with that exit
// code. A line of the dialogue waits for words of the program ("< words") or types
// a line ("> line", or "^D" and "^C"). stdout is all that was to be seen.
func cmdTalk(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 3 {
		ts.Fatalf("usage: talk code dialogue program args...")
	}
	master, slave, err := openTerminal(60)
	ts.Check(err)
	defer master.Close()
	cmd := exec.Command(args[2], args[3:]...)
	cmd.Dir = ts.MkAbs(".")
	for _, name := range []string{"PATH", "HOME", "GORACE", "DATABRICKS_HOST", "DATABRICKS_TOKEN", "DATABRICKS_CONFIG_FILE", "UCBRIDGE_CACHE_DIR"} {
		cmd.Env = append(cmd.Env, name+"="+ts.Getenv(name))
	}
	cmd.Stdin, cmd.Stdout, cmd.Stderr = slave, slave, slave
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	ts.Check(cmd.Start())
	stop := time.AfterFunc(longestTalk, func() { _ = cmd.Process.Kill() }) // the dialogue then fails
	defer stop.Stop()
	ended := make(chan error, 1)
	go func() {
		ended <- cmd.Wait()
		// Our own end of the slave keeps what was written last from being lost.
		fmt.Fprint(slave, hungUp)
	}()
	seen, err := converse(master, ts.ReadFile(args[1]))
	code := 0
	if exit, ok := errors.AsType[*exec.ExitError](<-ended); ok {
		code = exit.ExitCode()
	}
	slave.Close()
	fmt.Fprint(ts.Stdout(), strings.ReplaceAll(seen, "\r\n", "\n"))
	if err != nil {
		ts.Fatalf("%v; seen:\n%s", err, seen)
	}
	if want, err := strconv.Atoi(args[0]); err != nil || code != want {
		ts.Fatalf("exit code %d, want %s; seen:\n%s", code, args[0], seen)
	}
}

// hungUp stands behind the last that a program has written.
const hungUp = "\x00hung up"

// converse has the dialogue and returns all that was seen until the other side hung up.
func converse(terminal *os.File, dialogue string) (string, error) {
	var seen bytes.Buffer
	from := 0 // what was waited for lies before
	for line := range strings.Lines(dialogue) {
		words := strings.TrimSuffix(line[min(2, len(line)):], "\n")
		switch {
		case strings.HasPrefix(line, "< "):
			for !strings.Contains(seen.String()[from:], words) {
				if err := readSome(terminal, &seen); err != nil {
					return seen.String(), fmt.Errorf("waiting for %q: %w", words, err)
				}
			}
			from += strings.Index(seen.String()[from:], words) + len(words)
		case strings.HasPrefix(line, "> "):
			fmt.Fprintln(terminal, words)
		case strings.HasPrefix(line, "^"):
			if _, err := terminal.Write([]byte{line[1] & 0x1f}); err != nil {
				return seen.String(), err
			}
		default:
			return seen.String(), fmt.Errorf("unknown line %q", line)
		}
	}
	for {
		if err := readSome(terminal, &seen); err != nil {
			return strings.TrimSuffix(seen.String(), hungUp), nil
		}
	}
}

// readSome appends what comes next. Behind the last it returns io.EOF.
func readSome(terminal io.Reader, seen *bytes.Buffer) error {
	if bytes.HasSuffix(seen.Bytes(), []byte(hungUp)) {
		return io.EOF
	}
	buffer := make([]byte, 4096)
	n, err := terminal.Read(buffer)
	seen.Write(buffer[:n])
	return err
}

// openTerminal returns both ends of a new pseudo-terminal.
func openTerminal(columns uint16) (master, slave *os.File, err error) {
	master, err = os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		return nil, nil, err
	}
	fd := int(master.Fd())
	number, err := unix.IoctlGetInt(fd, unix.TIOCGPTN)
	if err == nil {
		err = unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0)
	}
	if err == nil {
		err = unix.IoctlSetWinsize(fd, unix.TIOCSWINSZ, &unix.Winsize{Row: 24, Col: columns})
	}
	if err == nil {
		slave, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|unix.O_NOCTTY, 0)
	}
	if err != nil {
		master.Close()
		return nil, nil, err
	}
	return master, slave, nil
}
