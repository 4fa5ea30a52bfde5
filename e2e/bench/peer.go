package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"sync/atomic"
	"time"

	"ucbridge/e2e/bench/carrier"
)

// peer is what calls are made to: a bridge, or the workspace itself.
type peer interface {
	// run makes n calls, so many of them at once. Every answer is checked.
	run(c call, n, inFlight int) (sample, error)
	// notify sends a message that has no answer.
	notify(message string) error
	// pid is that of the process to measure, 0 where there is none.
	pid() int
	close() error
}

// bridge is a process that takes messages by the line.
type bridge struct {
	*child
	next int // id
	line []byte
}

func (b *bridge) pid() int { return b.cmd.Process.Pid }

func (b *bridge) notify(message string) error {
	_, err := io.WriteString(b.in, message+"\n")
	return err
}

// run writes the next request when it has read an answer, in one goroutine, so as
// to take little of the machine. Pipes hold all that is in flight: only small
// messages are sent many at once.
func (b *bridge) run(c call, n, inFlight int) (sample, error) {
	first, sent := b.next, make([]time.Time, 0, n)
	s := sample{each: make([]time.Duration, n)}
	send := func() error {
		b.line = append(c.appendMessage(b.line[:0], b.next), '\n')
		b.next++
		sent = append(sent, time.Now())
		_, err := b.in.Write(b.line)
		return err
	}
	began := time.Now()
	for range min(n, inFlight) {
		if err := send(); err != nil {
			return s, err
		}
	}
	for range n {
		id, err := c.readAnswer(b.out)
		if err != nil {
			return s, err
		}
		if end, err := b.out.ReadByte(); err != nil || end != '\n' {
			return s, errors.Join(fmt.Errorf("answer %d does not end where its line should", id), err)
		}
		i := id - first
		if i < 0 || i >= len(sent) || s.each[i] != 0 {
			return s, fmt.Errorf("answer %d to no open request", id)
		}
		s.each[i] = time.Since(sent[i])
		if len(sent) < n {
			if err := send(); err != nil {
				return s, err
			}
		}
	}
	s.elapsed = time.Since(began)
	return s, nil
}

// direct calls the workspace without a bridge, as bridges do.
type direct struct {
	ctx     context.Context
	carrier *carrier.Carrier
	next    int // id
}

func (d *direct) pid() int { return 0 }

func (d *direct) close() error {
	d.carrier.Close()
	return nil
}

func (d *direct) notify(message string) error {
	resp, err := d.carrier.Post(d.ctx, []byte(message))
	if err != nil {
		return err
	}
	return resp.Body.Close()
}

func (d *direct) run(c call, n, inFlight int) (sample, error) {
	s := sample{each: make([]time.Duration, n)}
	failures := make(chan error, inFlight)
	var taken atomic.Int64
	var callers sync.WaitGroup
	began := time.Now()
	for range inFlight {
		callers.Go(func() {
			answer, message := bufio.NewReaderSize(nil, 64<<10), []byte(nil)
			for i := int(taken.Add(1)) - 1; i < n; i = int(taken.Add(1)) - 1 {
				message = c.appendMessage(message[:0], d.next+i)
				start := time.Now()
				if err := d.call(c, message, d.next+i, answer); err != nil {
					failures <- err
					return
				}
				s.each[i] = time.Since(start)
			}
		})
	}
	callers.Wait()
	s.elapsed = time.Since(began)
	d.next += n
	close(failures)
	return s, <-failures
}

func (d *direct) call(c call, message []byte, id int, answer *bufio.Reader) error {
	resp, err := d.carrier.Post(d.ctx, message)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	answer.Reset(resp.Body)
	if c.events {
		if head, err := answer.Peek(len(eventHead)); err != nil || string(head) != eventHead {
			return errors.Join(unexpected(answer), err)
		}
		_, _ = answer.Discard(len(eventHead)) // which was peeked at
	}
	got, err := c.readAnswer(answer)
	if err != nil {
		return err
	}
	if c.events {
		_, _ = answer.Discard(len(eventTail)) // where it is missing, what follows is not the end
	}
	if _, err := answer.ReadByte(); got != id || !errors.Is(err, io.EOF) {
		return errors.Join(fmt.Errorf("answer %d to request %d does not end where it should", got, id), err)
	}
	return nil
}
