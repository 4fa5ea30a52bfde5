package gateway

import (
	"testing"
	"testing/synctest"
	"time"
)

// TestUsageHours counts calls by the hour, for a day.
func TestUsageHours(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := New(Options{Auth: Authenticator{Secret: "x"}})
		tool := &toolUsage{hour: time.Now().Unix() / 3600}
		g.usage.users["ada"] = map[toolName]*toolUsage{{"/mcp/x", "echo"}: tool}
		for i, verdict := range []string{"answered", "error", "tool_error", "denied", "waiting"} {
			tool.add(verdict, time.Duration(i+1)*time.Second)
			time.Sleep(time.Hour)
		}
		got := g.Usage(Caller{Name: "ada"})[0]
		if got.Calls != 5 || got.Errors != 2 || got.Denied != 2 || got.P50 != 3*time.Second {
			t.Errorf("%+v", got)
		}
		if want := [...]int{1, 1, 1, 1, 1, 0}; [6]int(got.Hours[18:]) != want {
			t.Errorf("by the hour: %v", got.Hours)
		}
		time.Sleep(20 * time.Hour)
		if got := g.Usage(Caller{Name: "ada"})[0].Hours; got != [usageHours]int{1, 1, 1} {
			t.Errorf("a day later: %v", got)
		}
		time.Sleep(100 * time.Hour)
		if got := g.Usage(Caller{Name: "ada"})[0].Hours; got != [usageHours]int{} {
			t.Errorf("five days later: %v", got)
		}
		if g.Usage(Caller{Name: "bob"}) != nil {
			t.Error("bob sees another's")
		}
	})
}
