package gateway

import (
	"io"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"

	"ucbridge/bridge/databricks"
)

// published are the metrics, with their types, that dashboards were built on when
// Prometheus' own client library wrote them.
const published = `
go_gc_duration_seconds summary
go_gc_gogc_percent gauge
go_gc_gomemlimit_bytes gauge
go_goroutines gauge
go_info gauge
go_memstats_alloc_bytes gauge
go_memstats_alloc_bytes_total counter
go_memstats_buck_hash_sys_bytes gauge
go_memstats_frees_total counter
go_memstats_gc_sys_bytes gauge
go_memstats_heap_alloc_bytes gauge
go_memstats_heap_idle_bytes gauge
go_memstats_heap_inuse_bytes gauge
go_memstats_heap_objects gauge
go_memstats_heap_released_bytes gauge
go_memstats_heap_sys_bytes gauge
go_memstats_last_gc_time_seconds gauge
go_memstats_mallocs_total counter
go_memstats_mcache_inuse_bytes gauge
go_memstats_mcache_sys_bytes gauge
go_memstats_mspan_inuse_bytes gauge
go_memstats_mspan_sys_bytes gauge
go_memstats_next_gc_bytes gauge
go_memstats_other_sys_bytes gauge
go_memstats_stack_inuse_bytes gauge
go_memstats_stack_sys_bytes gauge
go_memstats_sys_bytes gauge
go_sched_gomaxprocs_threads gauge
go_threads gauge
process_cpu_seconds_total counter
process_max_fds gauge
process_network_receive_bytes_total counter
process_network_transmit_bytes_total counter
process_open_fds gauge
process_resident_memory_bytes gauge
process_start_time_seconds gauge
process_virtual_memory_bytes gauge
process_virtual_memory_max_bytes gauge
ucbridge_call_seconds histogram
ucbridge_in_flight gauge
ucbridge_policy_reloads_total counter
ucbridge_refusals_total counter
ucbridge_requests_total counter
`

// TestMetricNames: every published metric is there with its type, and no name is
// declared twice, for which Prometheus would refuse the whole page.
func TestMetricNames(t *testing.T) {
	t.Parallel()
	if runtime.GOOS != "linux" {
		t.Skip("other systems tell less of a process")
	}
	s := set(t, databricks.Target{Connection: "github"}, nil)
	s.begin(t, ada)
	s.call(t, "POST", "", hello)
	resp, err := s.client.RoundTrip(httptest.NewRequest("GET", s.url+"/metrics", nil))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	types := make(map[string]string)
	for line := range strings.Lines(string(raw)) {
		declared, ok := strings.CutPrefix(line, "# TYPE ")
		if !ok {
			continue
		}
		name, kind, _ := strings.Cut(strings.TrimSpace(declared), " ")
		if types[name] != "" {
			t.Errorf("%s is declared twice", name)
		}
		types[name] = kind
	}
	for line := range strings.Lines(strings.TrimSpace(published)) {
		name, kind, _ := strings.Cut(strings.TrimSpace(line), " ")
		if types[name] != kind {
			t.Errorf("%s is a %q, want a %s", name, types[name], kind)
		}
	}
	for _, want := range []string{
		"# HELP ucbridge_refusals_total Requests refused in the gateway's own words, by reason.\n",
		`go_info{version="` + runtime.Version() + `"} 1`,
		`ucbridge_call_seconds_bucket{path="/mcp/x",le="0.005"} `, `ucbridge_call_seconds_bucket{path="/mcp/x",le="300"} `,
		`ucbridge_call_seconds_bucket{path="/mcp/x",le="+Inf"} 1`,
	} {
		if !strings.Contains(string(raw), want) {
			t.Errorf("%s is missing", want)
		}
	}
}
