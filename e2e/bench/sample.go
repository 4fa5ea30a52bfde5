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

// percentile returns the time in ms that p percent of the calls did not exceed.
func percentile(s sample, p int) float64 {
	all := slices.Sorted(slices.Values(s.each))
	return milliseconds(all[min(len(all)*p/100, len(all)-1)])
}

// perSecond returns the rate of calls.
func perSecond(s sample) float64 { return float64(len(s.each)) / s.elapsed.Seconds() }

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// median returns the middle of the known values, unknown where there is none.
func median(values []float64) float64 { return quantile(values, 0.5) }

// quantile returns the value below which that share of the known values lies,
// unknown where there is none.
func quantile(values []float64, share float64) float64 {
	known := slices.DeleteFunc(slices.Clone(values), math.IsNaN)
	if len(known) == 0 {
		return unknown
	}
	slices.Sort(known)
	at := share * float64(len(known)-1)
	low := int(at)
	high := min(low+1, len(known)-1)
	return known[low] + (at-float64(low))*(known[high]-known[low])
}

// ratios divides each value by its neighbour in base.
func ratios(values, base []float64) []float64 {
	var all []float64
	for i := range min(len(values), len(base)) {
		all = append(all, values[i]/base[i])
	}
	return all
}
