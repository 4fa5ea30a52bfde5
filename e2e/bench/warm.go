package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"
)

// warmPairs are how many starts a row of "warm" is the median of, by journey.
const warmPairs = 8

// measureWarm compares a start from remembered answers, up to the answer of tools/list,
// with "ucbridge version" as a process: what the program costs that does nothing.
// The workspace is a long line away.
func measureWarm(ctx context.Context, r report, p programs, at site, s settings) error {
	w := wide{p, at}
	for _, d := range distants {
		name := "warm/" + d.name
		if d.plain || d.modern || !s.wants(name) {
			continue
		}
		fmt.Fprintln(os.Stderr, name)
		var list, version []float64
		for range s.effort.journeys {
			journeys, versions, err := w.warmStarts(ctx, d)
			if err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
			version = append(version, versions...)
			for _, j := range journeys {
				list = append(list, j.steps[1])
			}
		}
		ratio := median(ratios(list, version))
		r.line(name, ratio, fmt.Sprintf("tools/list after %s ms, ucbridge version %s ms, ratio %s", plain(median(list)), plain(median(version)), plain(ratio)))
	}
	return nil
}

// warmStarts makes journeys of a program that has been there before, and runs "ucbridge
// version" after each.
func (w wide) warmStarts(ctx context.Context, d distant) (journeys []journey, versions []float64, err error) {
	line, workspace, err := w.line(d)
	if err != nil {
		return nil, nil, err
	}
	defer func() { err = errors.Join(err, line.close()) }()
	home, err := os.MkdirTemp(w.site.home, "warm-")
	if err != nil {
		return nil, nil, err
	}
	bridge := w.bridge(w.programs.ucbridge)
	for range warmPairs + 1 {
		began := time.Now()
		c, err := bridge(ctx, d, workspace, home)
		if err != nil {
			return nil, nil, err
		}
		j, err := makeJourney(c, d, true, began)
		if err := errors.Join(err, c.close()); err != nil {
			return nil, nil, err
		}
		journeys = append(journeys, j)
		began = time.Now()
		c, err = startChild(ctx, w.environment(d, workspace, home), w.programs.ucbridge, "version")
		if err != nil {
			return nil, nil, err
		}
		if err := c.close(); err != nil {
			return nil, nil, err
		}
		versions = append(versions, milliseconds(time.Since(began)))
	}
	return journeys[1:], versions[1:], nil // nothing is remembered at the first start
}
