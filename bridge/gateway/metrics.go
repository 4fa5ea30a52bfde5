package gateway

import (
	"bytes"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/VictoriaMetrics/metrics"
)

// instruments are what Prometheus may ask for. No label holds a user's name, or
// anything else that a caller could make up. All methods are safe for concurrent
// use.
type instruments struct {
	set            *metrics.Set
	calls, streams *metrics.Gauge
	// What was counted before, by its labels: a name need not be made and looked
	// up again.
	requests sync.Map // requestLabels to *metrics.Counter
	seconds  sync.Map // path to *metrics.PrometheusHistogram
}

type requestLabels struct {
	path, method string
	status       int
}

// callBuckets are the upper bounds of ucbridge_call_seconds.
var callBuckets = []float64{.005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30, 60, 300}

// meanings are the help texts of the gateway's own metrics.
var meanings = map[string]string{
	"ucbridge_requests_total": "Requests answered, by path, HTTP method and status.",
	"ucbridge_refusals_total": "Requests refused in the gateway's own words, by reason.",
	"ucbridge_call_seconds":   "Time from the arrival of a POST to the end of its answer, by path.",
	"ucbridge_in_flight":      "What is under way now, by kind: call or stream.",
}

func newInstruments() *instruments {
	set := metrics.NewSet()
	return &instruments{
		set:     set,
		calls:   set.NewGauge(`ucbridge_in_flight{kind="call"}`, nil),
		streams: set.NewGauge(`ucbridge_in_flight{kind="stream"}`, nil),
	}
}

// handler answers a scrape: the gateway's own metrics, and those of the Go runtime
// and the process.
func (m *instruments) handler() http.Handler {
	metrics.ExposeMetadata(true) // the library writes types only if it is told to
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		var page bytes.Buffer
		m.set.WritePrometheus(&page)
		text := page.String()
		for name, help := range meanings {
			text = strings.Replace(text, "# HELP "+name+"\n", "# HELP "+name+" "+help+"\n", 1)
		}
		page.Reset()
		page.WriteString(text)
		metrics.WriteProcessMetrics(&page)
		writeProcess(&page)
		w.Header().Set("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
		_, _ = page.WriteTo(w) // whoever has gone needs no answer
	})
}

// inFlight is the gauge of what is under way now.
func (m *instruments) inFlight(stream bool) *metrics.Gauge {
	if stream {
		return m.streams
	}
	return m.calls
}

// count counts a finished request.
func (m *instruments) count(x *exchange) {
	status, _ := x.out.result()
	labels := requestLabels{x.r.URL.Path, x.r.Method, status}
	if x.transport == nil {
		labels.path = "other"
	}
	switch labels.method {
	case http.MethodPost, http.MethodGet, http.MethodDelete:
	default:
		labels.method = "other"
	}
	counter, ok := m.requests.Load(labels)
	if !ok {
		counter, _ = m.requests.LoadOrStore(labels, m.set.GetOrCreateCounter(
			fmt.Sprintf(`ucbridge_requests_total{method=%q,path=%q,status="%d"}`, labels.method, labels.path, labels.status)))
	}
	counter.(*metrics.Counter).Inc()
	if x.reason != "" {
		m.set.GetOrCreateCounter(fmt.Sprintf(`ucbridge_refusals_total{reason=%q}`, x.reason)).Inc()
	}
	if labels.method == http.MethodPost && !x.stream {
		histogram, ok := m.seconds.Load(labels.path)
		if !ok {
			histogram, _ = m.seconds.LoadOrStore(labels.path, m.set.GetOrCreatePrometheusHistogramExt(
				fmt.Sprintf(`ucbridge_call_seconds{path=%q}`, labels.path), callBuckets))
		}
		histogram.(*metrics.PrometheusHistogram).Update(time.Since(x.began).Seconds())
	}
}
