package config

import (
	"testing"
	"time"
)

func TestSize(t *testing.T) {
	t.Parallel()
	tests := []struct {
		text  string
		want  int64 // 0 is refused
		print string
	}{
		{"1048576", 1 << 20, "1MiB"},
		{"64MiB", 64 << 20, "64MiB"},
		{"64 mib", 64 << 20, "64MiB"},
		{"64MB", 64e6, "64MB"},
		{"1gb", 1e9, "1GB"},
		{"2GiB", 2 << 30, "2GiB"},
		{"300KB", 300e3, "300KB"},
		{"64KiB", 64 << 10, "64KiB"},
		{"65537B", 65537, "65537"},
		{"65535", 0, ""},
		{"5", 0, ""},
		{"1024GiB", 1 << 40, "1024GiB"},
		{"1025GiB", 0, ""}, // what is reckoned with it must not overflow
		{"8589934591GiB", 0, ""},
		{"8589934592GiB", 0, ""},
		{"9223372036854775807", 0, ""},
		{"9223372036854775808", 0, ""},
		{"0", 0, ""},
		{"-1", 0, ""},
		{"1.5GB", 0, ""},
		{"MiB", 0, ""},
		{"B", 0, ""},
		{"", 0, ""},
	}
	for _, tt := range tests {
		var v Value[int64]
		f := size(&v)
		err := f.set(tt.text, Default)
		if v.Value != tt.want || (err != nil) != (tt.want == 0) {
			t.Errorf("size %q: got %d, %v; want %d", tt.text, v.Value, err, tt.want)
		}
		if err == nil && f.String() != tt.print {
			t.Errorf("size %q prints as %q, want %q", tt.text, f.String(), tt.print)
		}
	}
}

func TestDurationPrints(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{"5m": "5m", "300s": "5m", "1h": "1h", "90s": "1m30s", "10m10s": "10m10s", "0": "0s", "2d": "48h", "1.5s": "1.5s"} {
		var v Value[time.Duration]
		f := duration(&v, orNone)
		if err := f.set(text, Default); err != nil || f.String() != want {
			t.Errorf("%q prints as %q, %v; want %q", text, f.String(), err, want)
		}
	}
}
