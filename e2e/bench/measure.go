package main

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// metric is a number that is measured of each contestant, several times.
type metric int

const (
	metricStart metric = iota
	metricStartCPU
	metricIdleResident
	metricIdlePrivate
	metricP50
	metricP99
	metricRate1
	metricCPU1
	metricRate64
	metricCPU64
	metricRate256
	metricAnswer1
	metricAnswer8
	metricAnswer8CPU
	metricAnswer8Peak
	metricEvents8
	metricEvents8CPU
	metricEvents8Peak
	metricArgument
	metricCount
)

// metrics says how each metric is called and shown.
var metrics = [metricCount]struct{ name, unit string }{
	metricStart:        {"start", "ms"},
	metricStartCPU:     {"start-cpu", "ms"},
	metricIdleResident: {"idle-resident", "MB"},
	metricIdlePrivate:  {"idle-private", "MB"},
	metricP50:          {"p50", "us"},
	metricP99:          {"p99", "us"},
	metricRate1:        {"rate-1", "/s"},
	metricCPU1:         {"cpu-1", "us"},
	metricRate64:       {"rate-64", "/s"},
	metricCPU64:        {"cpu-64", "us"},
	metricRate256:      {"rate-256", "/s"},
	metricAnswer1:      {"answer-1MiB", "ms"},
	metricAnswer8:      {"answer-8MiB", "ms"},
	metricAnswer8CPU:   {"answer-8MiB-cpu", "ms"},
	metricAnswer8Peak:  {"answer-8MiB-peak", "MB"},
	metricEvents8:      {"answer-8MiB-events", "ms"},
	metricEvents8CPU:   {"answer-8MiB-events-cpu", "ms"},
	metricEvents8Peak:  {"answer-8MiB-events-peak", "MB"},
	metricArgument:     {"argument-1MiB", "ms"},
}

// settleTime is how long a bridge is left alone before its idle memory is read.
const settleTime = time.Second

// noMetric marks what is not kept of a measure.
const noMetric metric = -1

// measures lists the calls that are made, with so many in flight, and which metric
// each number goes to: the median and 99th percentile of a call's time, calls per
// second, and processor time a call.
var measures = []struct {
	call                call
	inFlight            int
	p50, p99, rate, cpu metric
}{
	{small, 1, metricP50, metricP99, metricRate1, metricCPU1},
	{small, 64, noMetric, noMetric, metricRate64, metricCPU64},
	{small, 256, noMetric, noMetric, metricRate256, noMetric},
	{answer1MiB, 1, metricAnswer1, noMetric, noMetric, noMetric},
	{answer8MiB, 1, metricAnswer8, noMetric, noMetric, metricAnswer8CPU},
	{events8MiB, 1, metricEvents8, noMetric, noMetric, metricEvents8CPU},
	{argument1MiB, 1, metricArgument, noMetric, noMetric, noMetric},
}

// series holds the values of each metric in the order they were taken. A value
// stands beside that of the same index of another contestant: both were measured
// one after the other.
type series [metricCount][]float64

func (s *series) add(m metric, value float64) {
	if m != noMetric {
		s[m] = append(s[m], value)
	}
}

// effort is how much is done. Everything is done in small portions, by one
// contestant after the other, as many times a round as portions says: of so many
// calls one after the other, or at once, and of the gateway's (see levels) so many
// times as much. Journeys are made so often.
type effort struct{ rounds, portions, sequential, concurrent, gateway, journeys int }

var (
	fullEffort  = effort{rounds: 5, portions: 15, sequential: 60, concurrent: 300, gateway: 50, journeys: 5}
	quickEffort = effort{rounds: 1, portions: 15, sequential: 30, concurrent: 150, gateway: 8, journeys: 1}
)

// entrant is a contestant on one lane.
type entrant struct {
	contestant
	peer   peer
	series series
}

// contest measures all contestants on one lane. What is measured of one is at once
// measured of the next, forward and backward by turns, since the machine's speed
// changes from second to second.
type contest struct {
	ctx      context.Context
	site     site
	lane     lane
	effort   effort
	wants    func(metric) bool
	entrants []*entrant
	turn     int
}

// wantsAny reports whether there is anything to measure.
func (c *contest) wantsAny() bool {
	for m := range metricCount {
		if c.wants(m) {
			return true
		}
	}
	return false
}

// each lets one contestant after the other do a step.
func (c *contest) each(step func(*entrant) error) error {
	c.turn++
	for i := range c.entrants {
		if c.turn%2 == 1 {
			i = len(c.entrants) - 1 - i
		}
		e := c.entrants[i]
		if err := step(e); err != nil {
			return fmt.Errorf("%s on %s: %w", e.name, c.lane.name, err)
		}
	}
	return nil
}

// round starts every contestant anew and measures all that is wanted.
func (c *contest) round() (err error) {
	if c.wants(metricStart) || c.wants(metricStartCPU) {
		if err := c.measureStart(); err != nil {
			return err
		}
	}
	for m, call := range map[metric]call{metricAnswer8Peak: answer8MiB, metricEvents8Peak: events8MiB} {
		if !c.wants(m) {
			continue
		}
		if err := c.measurePeak(m, call); err != nil {
			return err
		}
	}
	defer func() {
		for _, e := range c.entrants {
			if e.peer != nil {
				err = errors.Join(err, e.peer.close())
				e.peer = nil
			}
		}
	}()
	err = c.each(func(e *entrant) (err error) {
		if e.peer, _, err = e.launch(c.ctx, c.site, c.lane); err != nil {
			return err
		}
		return e.peer.notify(notifyInitialized)
	})
	if err != nil {
		return err
	}
	if c.wants(metricIdleResident) || c.wants(metricIdlePrivate) {
		if err := c.measureIdle(); err != nil {
			return err
		}
	}
	for i := range measures {
		if err := c.measureCalls(i); err != nil {
			return err
		}
	}
	return nil
}

// measureStart starts and ends each contestant several times.
func (c *contest) measureStart() error {
	for range c.effort.portions {
		err := c.each(func(e *entrant) error {
			p, ms, err := e.launch(c.ctx, c.site, c.lane)
			if err != nil {
				return err
			}
			e.series.add(metricStart, ms)
			e.series.add(metricStartCPU, cpuTime(p.pid()))
			return p.close()
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// callsToPeak is how many large answers a process passes on before its peak is read.
const callsToPeak = 4

// measurePeak reads the most memory that each contestant has ever had, after its
// first large answers.
func (c *contest) measurePeak(m metric, answered call) error {
	return c.each(func(e *entrant) error {
		p, _, err := e.launch(c.ctx, c.site, c.lane)
		if err != nil {
			return err
		}
		_, err = p.run(answered, callsToPeak, 1)
		e.series.add(m, peakMB(p.pid()))
		return errors.Join(err, p.close())
	})
}

// measureIdle reads each contestant's memory after a while in which it had nothing
// to do.
func (c *contest) measureIdle() error {
	select {
	case <-time.After(settleTime):
	case <-c.ctx.Done():
		return context.Cause(c.ctx)
	}
	for _, e := range c.entrants {
		e.series.add(metricIdleResident, residentMB(e.peer.pid()))
		e.series.add(metricIdlePrivate, privateMB(e.peer.pid()))
	}
	return nil
}

// measureCalls makes the calls of one of measures, when a first few have opened
// whatever they need.
func (c *contest) measureCalls(index int) error {
	m := measures[index]
	wanted := false
	for _, one := range []metric{m.p50, m.p99, m.rate, m.cpu} {
		wanted = wanted || one != noMetric && c.wants(one)
	}
	if !wanted {
		return nil
	}
	n, first := c.effort.sequential, 4*m.inFlight
	switch {
	case m.call.isLarge():
		n, first = 1, 1
	case m.inFlight > 1:
		n = c.effort.concurrent
	}
	err := c.each(func(e *entrant) error {
		_, err := e.peer.run(m.call, first, m.inFlight)
		return err
	})
	if err != nil {
		return err
	}
	for range c.effort.portions {
		err := c.each(func(e *entrant) error {
			before := cpuTime(e.peer.pid())
			s, err := e.peer.run(m.call, n, m.inFlight)
			if err != nil {
				return err
			}
			cpu := (cpuTime(e.peer.pid()) - before) / float64(n)
			scale := 1.0
			if !m.call.isLarge() {
				scale = 1e3 // small calls are shown in us
			}
			e.series.add(m.p50, scale*percentile(s, 50))
			e.series.add(m.p99, scale*percentile(s, 99))
			e.series.add(m.rate, perSecond(s))
			e.series.add(m.cpu, scale*cpu)
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}
