package front

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"sync"
	"time"
)

// patience bounds the wait for a process to end after its stdin was closed.
const patience = time.Minute

// pipe is a process and the exchanges that go through it.
type pipe struct {
	cmd    *exec.Cmd
	shared bool // by clients that know nothing of each other

	writing sync.Mutex
	in      io.WriteCloser

	mu     sync.Mutex
	over   bool // nothing more will come
	last   int  // the last id given to a request, where the process is shared
	open   []*exchange
	stream *exchange // opened by GET

	reading sync.WaitGroup
	fault   error // of the reader, to be read when it is done
}

func startPipe(cmd *exec.Cmd, shared bool) (*pipe, error) {
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	p := &pipe{cmd: cmd, shared: shared, in: in}
	p.reading.Go(func() { p.read(bufio.NewReaderSize(out, 64<<10)) })
	return p, nil
}

// write sends a message to the process.
func (p *pipe) write(message []byte) error {
	p.writing.Lock()
	defer p.writing.Unlock()
	_, err := p.in.Write(append(bytes.Clone(message), '\n'))
	return err
}

// read passes on what the process says until it says no more.
func (p *pipe) read(out *bufio.Reader) {
	for {
		line, err := out.ReadBytes('\n')
		if len(line) > 0 {
			m, bad := parse(bytes.TrimSuffix(line, []byte("\n")))
			if bad == nil {
				p.route(m)
			} else {
				p.fault = errors.Join(p.fault, fmt.Errorf("%w: %.200q", bad, line))
			}
		}
		if err != nil {
			break
		}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.over = true
	for _, x := range p.open {
		close(x.messages)
	}
	p.open = nil
	if p.stream != nil {
		close(p.stream.messages)
		p.stream = nil
	}
}

// close ends the process and returns what was wrong with it.
func (p *pipe) close() error {
	p.writing.Lock()
	p.in.Close() // fails only where the process has ended already
	p.writing.Unlock()
	kill := time.AfterFunc(patience, func() { _ = p.cmd.Process.Kill() }) // Wait tells
	defer kill.Stop()
	p.reading.Wait()
	err := p.cmd.Wait()
	if err != nil {
		err = fmt.Errorf("ending %s: %w", p.cmd.Path, err)
	}
	return errors.Join(p.fault, err)
}
