package gateway

import (
	"fmt"
	"runtime"
	"runtime/debug"
	"sync"
	"time"
)

// gcPercent is GOGC, which does not change once main has set it. To be read it has
// to be set.
var gcPercent = sync.OnceValue(func() float64 {
	percent := debug.SetGCPercent(100)
	debug.SetGCPercent(percent)
	return float64(percent)
})

// writeRuntime writes the metrics of the Go runtime, by the names and with the
// types that Prometheus' own client library gave them.
func (p *metricsPage) writeRuntime() {
	gc := debug.GCStats{PauseQuantiles: make([]time.Duration, 5)}
	debug.ReadGCStats(&gc)
	p.family("go_gc_duration_seconds", "summary", "How long garbage collections stopped the program.")
	for i, pause := range gc.PauseQuantiles {
		fmt.Fprintf(p, "go_gc_duration_seconds{quantile=\"%g\"} %g\n", float64(i)/4, pause.Seconds())
	}
	fmt.Fprintf(p, "go_gc_duration_seconds_sum %g\ngo_gc_duration_seconds_count %d\n", gc.PauseTotal.Seconds(), gc.NumGC)
	p.family("go_info", "gauge", "The Go version.")
	fmt.Fprintf(p, "go_info{version=%s} 1\n", quoted(runtime.Version()))

	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	threads, _ := runtime.ThreadCreateProfile(nil)
	for _, one := range []struct {
		name, kind, help string
		value            float64
	}{
		{"go_gc_gogc_percent", "gauge", "GOGC: by how much the heap may grow between collections.", gcPercent()},
		{"go_gc_gomemlimit_bytes", "gauge", "GOMEMLIMIT.", float64(debug.SetMemoryLimit(-1))},
		{"go_goroutines", "gauge", "Goroutines.", float64(runtime.NumGoroutine())},
		{"go_sched_gomaxprocs_threads", "gauge", "GOMAXPROCS.", float64(runtime.GOMAXPROCS(0))},
		{"go_threads", "gauge", "Threads of the system.", float64(threads)},
		{"go_memstats_alloc_bytes", "gauge", "Bytes of objects on the heap.", float64(m.Alloc)},
		{"go_memstats_alloc_bytes_total", "counter", "Bytes of all objects that were ever made.", float64(m.TotalAlloc)},
		{"go_memstats_buck_hash_sys_bytes", "gauge", "Bytes for profiles.", float64(m.BuckHashSys)},
		{"go_memstats_frees_total", "counter", "Objects that were freed.", float64(m.Frees)},
		{"go_memstats_gc_sys_bytes", "gauge", "Bytes for the garbage collector.", float64(m.GCSys)},
		{"go_memstats_heap_alloc_bytes", "gauge", "Bytes of objects on the heap.", float64(m.HeapAlloc)},
		{"go_memstats_heap_idle_bytes", "gauge", "Bytes of the heap that hold nothing.", float64(m.HeapIdle)},
		{"go_memstats_heap_inuse_bytes", "gauge", "Bytes of the heap that hold something.", float64(m.HeapInuse)},
		{"go_memstats_heap_objects", "gauge", "Objects on the heap.", float64(m.HeapObjects)},
		{"go_memstats_heap_released_bytes", "gauge", "Bytes of the heap that the system has back.", float64(m.HeapReleased)},
		{"go_memstats_heap_sys_bytes", "gauge", "Bytes of the heap from the system.", float64(m.HeapSys)},
		{"go_memstats_last_gc_time_seconds", "gauge", "When the last collection ended, as Unix time.", float64(m.LastGC) / 1e9},
		{"go_memstats_mallocs_total", "counter", "Objects that were ever made.", float64(m.Mallocs)},
		{"go_memstats_mcache_inuse_bytes", "gauge", "Bytes in use by mcache structures.", float64(m.MCacheInuse)},
		{"go_memstats_mcache_sys_bytes", "gauge", "Bytes for mcache structures.", float64(m.MCacheSys)},
		{"go_memstats_mspan_inuse_bytes", "gauge", "Bytes in use by mspan structures.", float64(m.MSpanInuse)},
		{"go_memstats_mspan_sys_bytes", "gauge", "Bytes for mspan structures.", float64(m.MSpanSys)},
		{"go_memstats_next_gc_bytes", "gauge", "Size of the heap at which the next collection begins.", float64(m.NextGC)},
		{"go_memstats_other_sys_bytes", "gauge", "Bytes for other parts of the runtime.", float64(m.OtherSys)},
		{"go_memstats_stack_inuse_bytes", "gauge", "Bytes in use by stacks.", float64(m.StackInuse)},
		{"go_memstats_stack_sys_bytes", "gauge", "Bytes for stacks.", float64(m.StackSys)},
		{"go_memstats_sys_bytes", "gauge", "All bytes from the system.", float64(m.Sys)},
	} {
		p.single(one.name, one.kind, one.help, one.value)
	}
}
