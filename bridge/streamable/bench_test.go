package streamable

import (
	"strings"
	"testing"
)

// BenchmarkEvents reads a stream of one event, small as most are, and of 8 MiB.
func BenchmarkEvents(b *testing.B) {
	const line = `if err != nil {\n\treturn fmt.Errorf(\"reading %q: %w\", name, err)\n}\n`
	for name, lines := range map[string]int{"small": 2, "64KiB": 64 << 10 / len(line), "8MiB": 8 << 20 / len(line)} {
		stream := "event: message\ndata: {\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"content\":[{\"type\":\"text\",\"text\":\"" + strings.Repeat(line, lines) + "\"}]}}\n\n"
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(stream)))
			b.ReportAllocs()
			for b.Loop() {
				for m, err := range answerOf(b.Context(), piecewise{strings.NewReader(stream), 32 << 10}).Messages() {
					if err == nil && m.Result == nil {
						b.Fatal("no response")
					}
				}
			}
		})
	}
}
