package e2e

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"ucbridge/bridge/emulator"
)

// TestTypeScript has clients of both generations of the TypeScript SDK use every
// feature of server-everything, over each transport,
// on each route and directly.
func TestTypeScript(t *testing.T) {
	t.Parallel()
	everything := startEverything(t)
	for _, generation := range []string{"v1", "v2"} {
		t.Run(generation, func(t *testing.T) {
			t.Parallel()
			whole := useFeatures(t, generation, direct(everything), false)
			buffered := useFeatures(t, generation, direct(everything), true)
			checkFeatures(t, whole)
			overTransports(t, func(t *testing.T, r route, open func(*emulator.Workspace) mcpServer) {
				want := whole
				if r.buffered {
					want = buffered
				}
				w := startWorkspace(t, everything)
				got := useFeatures(t, generation, open(w), r.buffered)
				if diff := cmp.Diff(want, got); diff != "" {
					t.Errorf("(-direct +bridge):\n%s", diff)
				}
				checkAudit(t, w, r, "DELETE", "notifications/initialized", "tools/call", "resources/subscribe")
				checkCapabilities(t, w, r)
				if !r.buffered {
					checkAudit(t, w, r, "GET", "notifications/cancelled", "notifications/roots/list_changed")
				}
			})
		})
	}
}

// useFeatures runs features.mjs and returns its report.
func useFeatures(t *testing.T, generation string, server mcpServer, buffered bool) map[string]any {
	t.Helper()
	args := []string{generation, configFile(t, server), "everything"}
	if buffered {
		args = append(args, "buffered")
	}
	return decode(t, runNode(t, "features.mjs", args...))
}

// checkFeatures checks that the report taken without the bridge shows each
// feature at work, so that a report equal to it does too.
func checkFeatures(t *testing.T, report map[string]any) {
	t.Helper()
	for _, feature := range []string{"tools", "resources", "templates", "prompts", "progress", "asked"} {
		if list, ok := report[feature].([]any); !ok || len(list) < 2 {
			t.Errorf("%s: %v", feature, report[feature])
		}
	}
	for _, feature := range []string{"echo", "structured", "image", "invalid", "resource", "unknownResource", "prompt",
		"completion", "level", "urlElicitation", "log", "roots", "sampling", "elicitation", "update", "cancelled", "afterCancel"} {
		if _, ok := report[feature].(map[string]any); !ok {
			t.Errorf("%s: %v", feature, report[feature])
		}
	}
}
