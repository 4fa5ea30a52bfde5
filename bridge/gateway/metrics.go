package gateway

import (
	"bytes"
	"cmp"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
)

// instruments are what Prometheus may ask for. No label holds a user's name. Of what a
// caller could make up there are names of tools alone, of which only so many are told
// apart (maxTools). All methods are safe for concurrent use.
//
// They are written by hand in Prometheus' text format (version 0.0.4): client
// libraries prepare themselves whenever a process starts, which is mostly one of
// stdio, for a tenth of its start's CPU.
type instruments struct {
	calls, streams atomic.Int64 // under way now
	operations     *operations

	mu       sync.Mutex
	requests map[requestLabels]uint64
	refusals map[string]uint64 // by reason
	seconds  map[string]*histogram
}

type requestLabels struct {
	path, method string
	status       int
}

// callBuckets are the upper bounds of ucbridge_call_seconds.
var callBuckets = []float64{.005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30, 60, 300}

func newInstruments() *instruments {
	return &instruments{
		operations: newOperations(),
		requests:   make(map[requestLabels]uint64), refusals: make(map[string]uint64), seconds: make(map[string]*histogram),
	}
}

// inFlight is the number of what is under way now.
func (m *instruments) inFlight(stream bool) *atomic.Int64 {
	if stream {
		return &m.streams
	}
	return &m.calls
}

// count counts a finished request.
func (m *instruments) count(x *exchange) {
	labels := requestLabels{x.r.URL.Path, x.r.Method, x.status}
	if x.transport == nil {
		labels.path = "other"
	}
	switch labels.method {
	case http.MethodPost, http.MethodGet, http.MethodDelete:
	default:
		labels.method = "other"
	}
	m.operations.count(x)
	m.mu.Lock()
	defer m.mu.Unlock()
	m.requests[labels]++
	if x.reason != "" {
		m.refusals[string(x.reason)]++
	}
	if labels.method == http.MethodPost && !x.stream {
		h := m.seconds[labels.path]
		if h == nil {
			h = newHistogram(callBuckets)
			m.seconds[labels.path] = h
		}
		h.observe(x.took.Seconds())
	}
}

// handler answers a scrape: the gateway's own metrics, and those of the Go runtime
// and the process.
func (m *instruments) handler(endpoints []Endpoint) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		var p metricsPage
		m.write(&p)
		m.operations.write(&p)
		p.writePolicies(endpoints)
		p.writeRuntime()
		p.writeProcess()
		w.Header().Set("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
		_, _ = p.WriteTo(w) // whoever has gone needs no answer
	})
}

func (m *instruments) write(p *metricsPage) {
	m.mu.Lock()
	defer m.mu.Unlock()
	p.family("ucbridge_requests_total", "counter", "Requests answered, by path, HTTP method and status.")
	inOrder := func(a, b requestLabels) int {
		return cmp.Or(cmp.Compare(a.path, b.path), cmp.Compare(a.method, b.method), cmp.Compare(a.status, b.status))
	}
	for _, l := range slices.SortedFunc(maps.Keys(m.requests), inOrder) {
		fmt.Fprintf(p, "ucbridge_requests_total{method=%s,path=%s,status=\"%d\"} %d\n", quoted(l.method), quoted(l.path), l.status, m.requests[l])
	}
	p.family("ucbridge_refusals_total", "counter", "Requests refused in the gateway's own words, by reason.")
	for _, reason := range slices.Sorted(maps.Keys(m.refusals)) {
		fmt.Fprintf(p, "ucbridge_refusals_total{reason=%s} %d\n", quoted(reason), m.refusals[reason])
	}
	p.family("ucbridge_call_seconds", "histogram", "Time from the arrival of a POST to the end of its answer, by path.")
	for _, path := range slices.Sorted(maps.Keys(m.seconds)) {
		m.seconds[path].write(p, "ucbridge_call_seconds", "path="+quoted(path))
	}
	p.family("ucbridge_in_flight", "gauge", "What is under way now, by kind: call or stream.")
	fmt.Fprintf(p, "ucbridge_in_flight{kind=\"call\"} %d\nucbridge_in_flight{kind=\"stream\"} %d\n", m.calls.Load(), m.streams.Load())
}

// metricsPage is what a scrape gets.
type metricsPage struct{ bytes.Buffer }

// family begins a metric. kind is Prometheus' type of it.
func (p *metricsPage) family(name, kind, help string) {
	fmt.Fprintf(p, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, kind)
}

// writePolicies tells how often the policies were read again. One that could not be lets
// nothing pass.
func (p *metricsPage) writePolicies(endpoints []Endpoint) {
	p.family("ucbridge_policy_reloads_total", "counter", "Policies read again after their files had changed, by path and result: ok or unreadable.")
	for _, e := range endpoints {
		if e.Governor == nil {
			continue
		}
		read, unreadable := e.Governor.Reloads()
		for _, reloads := range []struct {
			result string
			n      int64
		}{{"ok", read}, {"unreadable", unreadable}} {
			fmt.Fprintf(p, "ucbridge_policy_reloads_total{path=%s,result=%q} %d\n", quoted(e.Path), reloads.result, reloads.n)
		}
	}
}

// single writes a metric without labels.
func (p *metricsPage) single(name, kind, help string, value float64) {
	p.family(name, kind, help)
	fmt.Fprintf(p, "%s %g\n", name, value)
}

// quoted is a label's value.
func quoted(value string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`).Replace(value) + `"`
}
