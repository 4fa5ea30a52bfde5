package audit

import (
	"log/slog"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"

	"ucbridge/bridge/policy"
)

// BenchmarkCommit is the wait for rows that must be on the disk, of 64 calls at once, and
// how many of them one fsync is for.
func BenchmarkCommit(b *testing.B) {
	l := Open(policy.AuditRules{File: filepath.Join(b.TempDir(), "audit.jsonl")}, slog.New(slog.DiscardHandler))
	defer l.Close()
	var synced atomic.Int64
	l.file.fsync = func(f *os.File) error { synced.Add(1); return f.Sync() }
	row := Entry{Row: Row{Method: "tools/call", Tool: "read_file", Verdict: "allow", Status: "begun", Call: "x"}, RawArguments: []byte(`{"path":"src/main.go"}`)}
	b.SetParallelism(32)
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if err := l.Commit(b.Context(), row); err != nil {
				b.Error(err)
			}
			end := row
			end.Status = "ok"
			l.write(&end)
		}
	})
	b.ReportMetric(float64(b.N)/float64(synced.Load()), "rows/fsync")
}
