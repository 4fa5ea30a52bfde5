package gateway

import (
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// metrics are what Prometheus may ask for. No label holds a user's name, or
// anything else that a caller could make up.
type metrics struct {
	registry *prometheus.Registry
	requests *prometheus.CounterVec
	refusals *prometheus.CounterVec
	seconds  *prometheus.HistogramVec
	inFlight *prometheus.GaugeVec
}

func newMetrics() *metrics {
	m := &metrics{
		registry: prometheus.NewRegistry(),
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "ucbridge_requests_total", Help: "Requests answered, by path, HTTP method and status.",
		}, []string{"path", "method", "status"}),
		refusals: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "ucbridge_refusals_total", Help: "Requests refused in the gateway's own words, by reason.",
		}, []string{"reason"}),
		seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "ucbridge_call_seconds", Help: "Time from the arrival of a POST to the end of its answer, by path.",
			Buckets: []float64{.005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30, 60, 300},
		}, []string{"path"}),
		inFlight: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "ucbridge_in_flight", Help: "What is under way now, by kind: call or stream.",
		}, []string{"kind"}),
	}
	m.registry.MustRegister(m.requests, m.refusals, m.seconds, m.inFlight,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

func (m *metrics) handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{Registry: m.registry})
}

func kindOf(stream bool) string {
	if stream {
		return "stream"
	}
	return "call"
}

// count counts a finished request.
func (m *metrics) count(x *exchange) {
	path, method := x.r.URL.Path, x.r.Method
	if x.transport == nil {
		path = "other"
	}
	switch method {
	case http.MethodPost, http.MethodGet, http.MethodDelete:
	default:
		method = "other"
	}
	m.requests.WithLabelValues(path, method, strconv.Itoa(x.status)).Inc()
	if string(x.reason) != "" {
		m.refusals.WithLabelValues(string(x.reason)).Inc()
	}
	if method == http.MethodPost && !x.stream {
		m.seconds.WithLabelValues(path).Observe(time.Since(x.began).Seconds())
	}
}
