package main

import (
	"context"
	"errors"
	"fmt"
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

// effort is how much is done in a round. Everything is done in small portions, by
// one contestant after the other, as many times as portions says.
type effort struct{ portions, sequential, concurrent int }

var (
	fullEffort  = effort{portions: 7, sequential: 150, concurrent: 800}
	quickEffort = effort{portions: 3, sequential: 100, concurrent: 500}
)

// entrant is a contestant in one round.
type entrant struct {
	contestant
	peer    peer
	numbers numbers
	calls   int      // measured so far
	cpu     float64  // ms used when the first was made
	samples []sample // of the measure under way
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
			if e.peer != nil {
				err = errors.Join(err, e.peer.close())
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
	for _, e := range r.entrants {
		e.numbers[metricLoaded] = residentMB(e.peer.pid())
	}
	return nil
}

// measureStart starts and ends each contestant several times.
func (r *round) measureStart() error {
	took := make(map[*entrant][]float64)
	for range r.effort.portions {
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
		return e.peer.notify(notifyInitialized)
	})
	if err != nil {
		return err
	}
	select {
	case <-time.After(settleTime):
	case <-r.ctx.Done():
		return context.Cause(r.ctx)
	}
	for _, e := range r.entrants {
		e.numbers[metricIdle] = residentMB(e.peer.pid())
	}
	return nil
}

// measureSmall makes small calls, one after the other and many at once, when all
// connections are open. The processor time is that of all of them.
func (r *round) measureSmall() error {
	most := concurrency[len(concurrency)-1].inFlight
	err := r.each(func(e *entrant) error {
		_, err := e.peer.run(small, 4*most, most)
		e.cpu = cpuTime(e.peer.pid())
		return err
	})
	if err != nil {
		return err
	}
	if err := r.repeat(small, r.effort.sequential, 1); err != nil {
		return err
	}
	for _, e := range r.entrants {
		e.numbers[metricP50], e.numbers[metricP99] = percentile(e.samples, 50), percentile(e.samples, 99)
		e.numbers[metricRate1] = perSecond(e.samples)
	}
	for _, level := range concurrency {
		if err := r.repeat(small, r.effort.concurrent, level.inFlight); err != nil {
			return err
		}
		for _, e := range r.entrants {
			e.numbers[level.metric] = perSecond(e.samples)
		}
	}
	for _, e := range r.entrants {
		e.numbers[metricCPU] = (cpuTime(e.peer.pid()) - e.cpu) / float64(e.calls) * 10_000
	}
	return nil
}

// measureLarge makes calls of which the request or the answer is large, one at a
// time, the first of each kind unmeasured.
func (r *round) measureLarge() error {
	for _, size := range large {
		err := r.each(func(e *entrant) error {
			_, err := e.peer.run(size.call, 1, 1)
			return err
		})
		if err != nil {
			return err
		}
		if err := r.repeat(size.call, 1, 1); err != nil {
			return err
		}
		for _, e := range r.entrants {
			e.numbers[size.metric] = percentile(e.samples, 50)
		}
	}
	return nil
}

// repeat takes new samples of n calls each, so many of them at once.
func (r *round) repeat(c call, n, inFlight int) error {
	for _, e := range r.entrants {
		e.samples = nil
	}
	for range r.effort.portions {
		err := r.each(func(e *entrant) error {
			s, err := e.peer.run(c, n, inFlight)
			e.samples = append(e.samples, s)
			e.calls += n
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}
