package main

import (
	"math"
	"slices"
	"time"
)

// unknown stands for what was not, or cannot be, measured.
var unknown = math.NaN()

// sample is how long some calls took, together and each.
type sample struct {
	elapsed time.Duration
	each    []time.Duration
}

// percentile returns the time in ms that p percent of the calls in all samples
// did not exceed.
func percentile(samples []sample, p int) float64 {
	var all []time.Duration
	for _, s := range samples {
		all = append(all, s.each...)
	}
	slices.Sort(all)
	return milliseconds(all[min(len(all)*p/100, len(all)-1)])
}

// perSecond returns the rate of calls in the middle one of the samples.
func perSecond(samples []sample) float64 {
	var rates []float64
	for _, s := range samples {
		rates = append(rates, float64(len(s.each))/s.elapsed.Seconds())
	}
	return median(rates)
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// median returns the middle of the known values, unknown where there is none.
func median(values []float64) float64 {
	known := slices.DeleteFunc(slices.Clone(values), math.IsNaN)
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
