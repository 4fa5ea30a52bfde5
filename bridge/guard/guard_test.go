package guard_test

import (
	"log/slog"
	"strings"
	"testing"

	"ucbridge/bridge/guard"
)

// Faults in the work, and in what is told of them, are logged and go no further.
func TestRun(t *testing.T) {
	t.Parallel()
	var said strings.Builder
	log := slog.New(slog.NewTextHandler(&said, nil))
	guard.Run(log, func() { panic("the second") }, func() { panic("the first") })
	for _, fault := range []string{"the first", "the second", "guard_test.go"} {
		if !strings.Contains(said.String(), fault) {
			t.Errorf("%q is not in the log: %s", fault, &said)
		}
	}
	told := false
	guard.Run(log, func() { told = true }, func() {})
	if told {
		t.Error("a fault is told of that was none")
	}
}
