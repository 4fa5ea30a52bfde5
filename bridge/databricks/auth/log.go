package auth

import (
	"context"
	"fmt"
	"log/slog"
	"sync"

	"github.com/databricks/databricks-sdk-go/logger"

	"ucbridge/bridge/refusal"
)

// sdkLog carries what the SDK logs to the debug level of ours. The SDK warns on
// stderr by default, of things that are no fault.
type sdkLog struct{ log *slog.Logger }

// The SDK logs to one place per process; the first logger gets it.
var sdkLogging sync.Once

func adoptSDKLog(log *slog.Logger) {
	sdkLogging.Do(func() { logger.DefaultLogger = sdkLog{log} })
}

// Enabled is false at every level: the SDK asks only before it dumps whole HTTP
// exchanges with a token endpoint.
func (sdkLog) Enabled(context.Context, logger.Level) bool { return false }

func (l sdkLog) Tracef(context.Context, string, ...any) {}

func (l sdkLog) Debugf(ctx context.Context, format string, v ...any) { l.print(ctx, format, v) }
func (l sdkLog) Infof(ctx context.Context, format string, v ...any)  { l.print(ctx, format, v) }
func (l sdkLog) Warnf(ctx context.Context, format string, v ...any)  { l.print(ctx, format, v) }
func (l sdkLog) Errorf(ctx context.Context, format string, v ...any) { l.print(ctx, format, v) }

func (l sdkLog) print(ctx context.Context, format string, v []any) {
	if l.log.Enabled(ctx, slog.LevelDebug) {
		l.log.DebugContext(ctx, "databricks sdk: "+refusal.Quote(fmt.Sprintf(format, v...)))
	}
}
