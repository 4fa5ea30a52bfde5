package main

import (
	"context"
	"fmt"
	"slices"
	"time"
)

// metric is a number that is measured of each contestant in each round.
type metric int

const (
	metricStart metric = iota
	metricP50
	metricP99
	metricRate1
	metricRate16
	metricRate64
	metricRate256
	metricAnswer1
	metricAnswer8
	metricArgument
	metricCPU
	metricIdle
	metricLoaded
	metricCount
)

// settleTime is how long a bridge is left alone before its idle memory is read.
const settleTime = time.Second

// concurrency lists the measures of calls per second, with so many in flight.
var concurrency = []struct {
	metric
	inFlight int
}{{metricRate16, 16}, {metricRate64, 64}, {metricRate256, 256}}

// large lists the measures of large messages.
var large = []struct {
	metric
	call
}{{metricAnswer1, answer1MiB}, {metricAnswer8, answer8MiB}, {metricArgument, argument1MiB}}

// numbers holds one round's value of each metric; unknown where there is none.
type numbers [metricCount]float64

// effort is how often each thing is done in a round.
type effort struct{ starts, sequential, concurrent, large int }

var (
	fullEffort  = effort{starts: 7, sequential: 1000, concurrent: 4000, large: 5}
	quickEffort = effort{starts: 3, sequential: 300, concurrent: 1500, large: 3}
)

// entrant is a contestant in one round.
type entrant struct {
	contestant
	peer
	numbers
	calls int     // small ones, so far
	cpu   float64 // ms used when the first was made
}

// round measures all contestants on one route. What is measured of one is at once
// measured of the next, in an order that rotates, since the machine's speed
// changes from second to second.
type round struct {
	ctx      context.Context
	site     site
	route    string
	effort   effort
	entrants []*entrant
	turn     int
}

func newRound(ctx context.Context, at site, route string, e effort, contestants []contestant, turn int) *round {
	r := &round{ctx: ctx, site: at, route: route, effort: e, turn: turn}
	for _, c := range contestants {
		e := &entrant{contestant: c}
		for m := range e.numbers {
			e.numbers[m] = unknown
		}
		r.entrants = append(r.entrants, e)
	}
	return r
}

// each lets one contestant after the other do a step.
func (r *round) each(step func(*entrant) error) error {
	r.turn++
	for i := range r.entrants {
		e := r.entrants[(r.turn+i)%len(r.entrants)]
		if err := step(e); err != nil {
			return fmt.Errorf("%s on %s: %w", e.name, r.route, err)
		}
	}
	return nil
}

func (r *round) run() (err error) {
	if err := r.measureStart(); err != nil {
		return err
	}
	defer func() {
		for _, e := range r.entrants {
			if e.peer == nil {
				continue
			}
			if closed := e.close(); err == nil {
				err = closed
			}
		}
	}()
	if err := r.measureIdle(); err != nil {
		return err
	}
	if err := r.measureSmall(); err != nil {
		return err
	}
	if err := r.measureLarge(); err != nil {
		return err
	}
	return r.each(func(e *entrant) error {
		e.numbers[metricLoaded] = residentMB(e.pid())
		return nil
	})
}

// measureStart starts and ends each contestant several times.
func (r *round) measureStart() error {
	took := make(map[*entrant][]float64)
	for range r.effort.starts {
		err := r.each(func(e *entrant) error {
			p, ms, err := e.launch(r.ctx, r.site, r.route)
			if err != nil {
				return err
			}
			took[e] = append(took[e], ms)
			return p.close()
		})
		if err != nil {
			return err
		}
	}
	for e, times := range took {
		e.numbers[metricStart] = median(times)
	}
	return nil
}

// measureIdle starts each contestant for good and reads its memory after a while
// in which it had nothing to do.
func (r *round) measureIdle() error {
	err := r.each(func(e *entrant) (err error) {
		if e.peer, _, err = e.launch(r.ctx, r.site, r.route); err != nil {
			return err
		}
		return e.notify(notifyInitialized)
	})
	if err != nil {
		return err
	}
	select {
	case <-time.After(settleTime):
	case <-r.ctx.Done():
		return context.Cause(r.ctx)
	}
	return r.each(func(e *entrant) error {
		e.numbers[metricIdle] = residentMB(e.pid())
		return nil
	})
}

// measureSmall makes small calls, one after the other and many at once, once all
// connections are open. The processor time is that of all of them.
func (r *round) measureSmall() error {
	most := concurrency[len(concurrency)-1].inFlight
	err := r.each(func(e *entrant) error {
		_, err := e.peer.run(small, 4*most, most)
		e.cpu = cpuTime(e.pid())
		return err
	})
	if err != nil {
		return err
	}
	err = r.each(func(e *entrant) error {
		s, err := e.small(r.effort.sequential, 1)
		if err == nil {
			e.numbers[metricP50], e.numbers[metricP99] = s.percentile(50), s.percentile(99)
			e.numbers[metricRate1] = s.perSecond()
		}
		return err
	})
	if err != nil {
		return err
	}
	for _, level := range concurrency {
		err := r.each(func(e *entrant) error {
			s, err := e.small(r.effort.concurrent, level.inFlight)
			if err == nil {
				e.numbers[level.metric] = s.perSecond()
			}
			return err
		})
		if err != nil {
			return err
		}
	}
	return r.each(func(e *entrant) error {
		e.numbers[metricCPU] = (cpuTime(e.pid()) - e.cpu) / float64(e.calls) * 10_000
		return nil
	})
}

func (e *entrant) small(n, inFlight int) (sample, error) {
	e.calls += n
	return e.peer.run(small, n, inFlight)
}

// measureLarge makes calls of which the request or the answer is large, one at a
// time, the first of each kind unmeasured.
func (r *round) measureLarge() error {
	for _, size := range large {
		err := r.each(func(e *entrant) error {
			if _, err := e.peer.run(size.call, 1, 1); err != nil {
				return err
			}
			s, err := e.peer.run(size.call, r.effort.large, 1)
			if err == nil {
				e.numbers[size.metric] = s.percentile(50)
			}
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// median returns the middle of the known values, unknown where there is none.
func median(values []float64) float64 {
	known := slices.DeleteFunc(slices.Clone(values), func(v float64) bool { return v != v })
	if len(known) == 0 {
		return unknown
	}
	slices.Sort(known)
	half := len(known) / 2
	if len(known)%2 == 1 {
		return known[half]
	}
	return (known[half-1] + known[half]) / 2
}
