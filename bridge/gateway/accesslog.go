package gateway

import (
	"context"
	"log/slog"
	"strings"
	"time"
)

// log writes the line of a finished request: who, what, how it ended. Of the
// message there is the method; no header, argument or token is in it.
func (x *exchange) log() {
	status, sent := x.out.result()
	attrs := make([]slog.Attr, 0, 10)
	attrs = append(attrs,
		slog.String("user", x.caller.Name),
		slog.String("path", short(x.r.URL.Path)),
		slog.String("method", x.r.Method),
		slog.Int("status", status),
		slog.Int64("bytes", sent),
		slog.Float64("ms", float64(time.Since(x.began).Microseconds())/1000),
	)
	if x.message.Method != "" {
		attrs = append(attrs, slog.String("rpc", short(x.message.Method)))
	}
	if x.reason != "" {
		attrs = append(attrs, slog.String("reason", string(x.reason)))
	}
	if id := x.operation.TraceID(); id != "" {
		attrs = append(attrs, slog.String("trace", id))
	}
	x.g.opts.Log.LogAttrs(context.Background(), slog.LevelInfo, "request", attrs...)
}

// maxWord is how much, in bytes, a log or a trace takes of what a caller wrote.
const maxWord = 128

func short(word string) string {
	if len(word) <= maxWord {
		return word
	}
	return strings.ToValidUTF8(word[:maxWord], "") + "..."
}
