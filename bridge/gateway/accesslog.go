package gateway

import (
	"context"
	"log/slog"
	"strings"
)

// log writes the line of a finished request: who, what, how it ended. Of the
// message there is the method; no header, argument or token is in it.
func (x *exchange) log() {
	handler := x.g.opts.Log.Handler()
	if !handler.Enabled(context.Background(), slog.LevelInfo) {
		return
	}
	// No program counter: to look for it would take as long as the rest of the line.
	line := slog.NewRecord(x.ended, slog.LevelInfo, "request", 0)
	line.AddAttrs(
		slog.String("user", x.caller.Name),
		slog.String("path", short(x.r.URL.Path)),
		slog.String("method", x.r.Method),
		slog.Int("status", x.status),
		slog.Int64("bytes", x.bytes),
		slog.Float64("ms", float64(x.took.Microseconds())/1000),
	)
	if x.message.Method != "" {
		line.AddAttrs(slog.String("rpc", short(x.message.Method)))
	}
	if x.reason != "" {
		line.AddAttrs(slog.String("reason", string(x.reason)))
	}
	if id := x.operation.TraceID(); id != "" {
		line.AddAttrs(slog.String("trace", id))
	}
	_ = handler.Handle(context.Background(), line) // as a logger does
}

// maxWord is how much, in bytes, a log or a trace takes of what a caller wrote.
const maxWord = 128

func short(word string) string {
	if len(word) <= maxWord {
		return word
	}
	return strings.ToValidUTF8(word[:maxWord], "") + "..."
}
