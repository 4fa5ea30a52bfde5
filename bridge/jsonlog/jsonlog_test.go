package jsonlog

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"math"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// TestLines holds every record to what slog.JSONHandler makes of it.
func TestLines(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 28, 15, 4, 5, 123456000, time.FixedZone("", 3600))
	for _, attrs := range [][]slog.Attr{
		nil,
		{slog.String("user", "ada@example.com"), slog.String("path", "/mcp/x"), slog.Int("status", 200), slog.Float64("ms", 1.234)},
		{slog.String("user", ""), slog.Bool("on", true), slog.Int64("n", math.MinInt64)},
		{slog.String("user", "Ada \"the\" \\ L\u00f6w\u2028\x01\xff<&>\x7f")},
		{slog.String("a key", "x"), slog.String("\"", "x"), slog.String("", "x"), {}},
		{slog.Float64("f", 1e-7)}, {slog.Float64("f", 1e21)}, {slog.Float64("f", -1e20)}, {slog.Float64("f", math.NaN())}, {slog.Float64("f", 0)},
		{slog.Duration("took", time.Second), slog.Any("error", errors.New("no")), slog.Time("at", at), slog.Uint64("u", 7)},
		{slog.Group("g", slog.Int("n", 1))},
	} {
		for _, level := range []slog.Level{slog.LevelDebug, slog.LevelInfo, slog.LevelInfo + 1, slog.LevelWarn} {
			r := slog.NewRecord(at, level, "request", 0)
			r.AddAttrs(attrs...)
			var want, got bytes.Buffer
			wanted := slog.NewJSONHandler(&want, &slog.HandlerOptions{Level: slog.LevelDebug}).Handle(context.Background(), r)
			h := New(&got, slog.LevelDebug)
			if err := h.Handle(context.Background(), r); (err == nil) != (wanted == nil) {
				t.Errorf("%v: %v, want %v", attrs, err, wanted)
			}
			h.Flush()
			if got.String() != want.String() {
				t.Errorf("%s, want %s", &got, &want)
			}
		}
	}
}

// TestGathering looks at when lines are written, and in which order.
func TestGathering(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var w writes
		h := New(&w, slog.LevelInfo)
		log := slog.New(h)
		log.Info("first")
		if len(w.all()) != 1 {
			t.Fatal("the first line waits")
		}
		log.Info("second")
		log.Info("third")
		if len(w.all()) != 1 {
			t.Fatal("what follows at once does not wait")
		}
		time.Sleep(gatherTime)
		synctest.Wait()
		if out := w.all(); len(out) != 2 || strings.Count(out[1], "\n") != 2 {
			t.Fatalf("%q", out)
		}
		log.Info("fourth")
		log.With("with", 1).Warn("fault")
		if all := strings.Join(w.all(), ""); strings.Index(all, "fourth") > strings.Index(all, "fault") || !strings.Contains(all, "fault") {
			t.Errorf("a warning waits, or overtakes: %q", all)
		}
		log.Debug("nobody asked")
		log.Info("last")
		h.Flush()
		out := w.all()
		if last := out[len(out)-1]; !strings.Contains(last, "last") || strings.Contains(last, "nobody") {
			t.Errorf("at the end: %q", last)
		}
		for range maxGathered / 40 {
			log.Info("much")
		}
		if n := strings.Count(strings.Join(w.all(), ""), "much"); n < maxGathered/100 {
			t.Errorf("%d lines written of much", n)
		}
		time.Sleep(gatherTime)
	})
}

// writes are what was written, one by one.
type writes struct {
	mu   sync.Mutex
	each []string
}

func (w *writes) Write(b []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.each = append(w.each, string(b))
	return len(b), nil
}

func (w *writes) all() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.each)
}

func BenchmarkRequest(b *testing.B) {
	for _, bench := range []struct {
		name string
		slog.Handler
	}{{"slog", slog.NewJSONHandler(io.Discard, nil)}, {"here", New(io.Discard, slog.LevelInfo)}} {
		b.Run(bench.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				r := slog.NewRecord(time.Now(), slog.LevelInfo, "request", 0)
				r.AddAttrs(slog.String("user", "ada@example.com"), slog.String("path", "/mcp/x"), slog.String("method", "POST"), slog.Int("status", 200),
					slog.Int64("bytes", 123), slog.Float64("ms", 1.234), slog.String("rpc", "tools/call"))
				if err := bench.Handle(context.Background(), r); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
