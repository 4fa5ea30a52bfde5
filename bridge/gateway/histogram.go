package gateway

import (
	"fmt"
	"slices"
	"strconv"
)

// histogram counts values by the first bound that they do not exceed, the last bucket being
// for all others. It is not safe for concurrent use.
type histogram struct {
	bounds  []float64 // ascending
	buckets []uint64
	sum     float64
}

func newHistogram(bounds []float64) *histogram {
	return &histogram{bounds: bounds, buckets: make([]uint64, len(bounds)+1)}
}

func (h *histogram) observe(value float64) {
	bucket, _ := slices.BinarySearch(h.bounds, value)
	h.buckets[bucket]++
	h.sum += value
}

// write writes the samples of a metric, in which Prometheus has buckets add up. labels are
// those of all of them, without braces.
func (h *histogram) write(p *metricsPage, name, labels string) {
	count := uint64(0)
	for i, n := range h.buckets {
		count += n
		bound := "+Inf"
		if i < len(h.bounds) {
			bound = strconv.FormatFloat(h.bounds[i], 'g', -1, 64)
		}
		fmt.Fprintf(p, "%s_bucket{%s,le=\"%s\"} %d\n", name, labels, bound, count)
	}
	fmt.Fprintf(p, "%[1]s_sum{%[2]s} %[3]g\n%[1]s_count{%[2]s} %[4]d\n", name, labels, h.sum, count)
}
