package bridge

import (
	"os"
	"os/exec"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"testing"
)

// Goroutines that start while holdStack runs need not grow their stack at once. What the
// runtime gives them depends on all goroutines of a process, so this is one of its own.
func TestGoroutinesStartWithRoom(t *testing.T) {
	const alone = "UCBRIDGE_TEST_ALONE"
	if os.Getenv(alone) == "" {
		t.Parallel()
		child := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^"+t.Name()+"$")
		child.Env = append(os.Environ(), alone+"=1")
		if out, err := child.CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		return
	}
	runtime.GC()
	if size := startingStack(); size >= 4<<10 {
		t.Skipf("they start with %d bytes anyway", size)
	}
	before := collections()
	done := make(chan struct{})
	defer close(done)
	go holdStack(done)
	for collections() == before {
		runtime.Gosched()
	}
	if size := startingStack(); size < 4<<10 {
		t.Errorf("they start with %d bytes", size)
	}
}

func collections() int64 {
	var s debug.GCStats
	debug.ReadGCStats(&s)
	return s.NumGC
}

func startingStack() uint64 {
	sample := []metrics.Sample{{Name: "/gc/stack/starting-size:bytes"}}
	metrics.Read(sample)
	return sample[0].Value.Uint64()
}
