package gateway

import (
	"bytes"
	"io"
	"os"
	runtimemetrics "runtime/metrics"
	"slices"
	"strconv"

	"github.com/VictoriaMetrics/metrics"
)

// runtimeNames are metrics of the Go runtime that Prometheus' own client has and
// the library lacks.
var runtimeNames = map[string]string{
	"/gc/gogc:percent":          "go_gc_gogc_percent",
	"/gc/gomemlimit:bytes":      "go_gc_gomemlimit_bytes",
	"/sched/gomaxprocs:threads": "go_sched_gomaxprocs_threads",
}

// writeProcess writes what Prometheus' own client says of a process and the library
// does not: dashboards know it by these names. What the system does not tell is
// left out.
func writeProcess(w io.Writer) {
	samples := make([]runtimemetrics.Sample, 0, len(runtimeNames))
	for name := range runtimeNames {
		samples = append(samples, runtimemetrics.Sample{Name: name})
	}
	runtimemetrics.Read(samples)
	for _, s := range samples {
		if s.Value.Kind() == runtimemetrics.KindUint64 {
			metrics.WriteGaugeUint64(w, runtimeNames[s.Name], s.Value.Uint64())
		}
	}
	metrics.WriteFDMetrics(w)
	if limit, ok := addressSpace(); ok {
		metrics.WriteGaugeFloat64(w, "process_virtual_memory_max_bytes", limit)
	}
	if received, sent, ok := networkBytes(); ok {
		metrics.WriteCounterFloat64(w, "process_network_receive_bytes_total", received)
		metrics.WriteCounterFloat64(w, "process_network_transmit_bytes_total", sent)
	}
}

// addressSpace returns the limit of the process's address space, in bytes; the
// largest number where there is none (proc_pid_limits(5)).
func addressSpace() (float64, bool) {
	limits, err := os.ReadFile("/proc/self/limits")
	if err != nil {
		return 0, false
	}
	_, rest, ok := bytes.Cut(limits, []byte("\nMax address space"))
	fields := bytes.Fields(rest)
	if !ok || len(fields) == 0 {
		return 0, false
	}
	if string(fields[0]) == "unlimited" {
		return 1<<64 - 1, true
	}
	limit, err := strconv.ParseFloat(string(fields[0]), 64)
	return limit, err == nil
}

// networkBytes returns how many bytes came and went by IP in the process's network
// namespace: InOctets and OutOctets of IpExt, which are two lines, of names and of
// values (proc_pid_net(5)).
func networkBytes() (received, sent float64, ok bool) {
	content, err := os.ReadFile("/proc/self/net/netstat")
	if err != nil {
		return 0, 0, false
	}
	var table [][][]byte
	for line := range bytes.Lines(content) {
		if bytes.HasPrefix(line, []byte("IpExt:")) {
			table = append(table, bytes.Fields(line))
		}
	}
	value := func(name string) (float64, error) {
		if len(table) != 2 {
			return 0, os.ErrNotExist
		}
		i := slices.IndexFunc(table[0], func(field []byte) bool { return string(field) == name })
		if i < 0 || i >= len(table[1]) {
			return 0, os.ErrNotExist
		}
		return strconv.ParseFloat(string(table[1][i]), 64)
	}
	received, err = value("InOctets")
	if err != nil {
		return 0, 0, false
	}
	sent, err = value("OutOctets")
	return received, sent, err == nil
}
