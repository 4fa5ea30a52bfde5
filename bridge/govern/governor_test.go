package govern

import (
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"ucbridge/bridge/policy"
)

// TestPolicyChanges: a session that runs loses a tool within two seconds after it is
// denied, and is told; a file that cannot be read lets nothing pass; one that is gone, and
// with it all rules, lets pass what it forbade.
func TestPolicyChanges(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file, log := filepath.Join(dir, "policy.yaml"), filepath.Join(dir, "audit.jsonl")
	write := func(text string) {
		t.Helper()
		if err := os.WriteFile(file+".new", []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Rename(file+".new", file); err != nil {
			t.Fatal(err)
		}
	}
	const before = "tools: {deny: [unhinted]}"
	write(before)
	synctest.Test(t, func(t *testing.T) {
		sources, target := policy.Sources{Managed: policy.ManagedAt("", ""), User: file}, policy.TargetOf("github", "", "")
		th := openWith(t, before, Options{
			Name: "github", Log: slog.New(slog.DiscardHandler), Route: func() string { return "proxy" }, Watch: sources.Watch(target),
		})
		id := 0
		passes := func(tool string) bool {
			t.Helper()
			id++
			th.say(call(id, tool))
			return len(th.sent()) == 1
		}
		if !passes("delete_repo") || passes("unhinted") {
			t.Error("the first policy does not hold")
		}
		th.heard = nil
		write("tools: {deny: [delete_*]}\naudit: {file: " + log + "}\nlimits: {calls_per_minute: 2}")
		time.Sleep(2 * time.Second)
		synctest.Wait()
		if passes("delete_repo") || !passes("unhinted") {
			t.Error("the second policy does not hold")
		}
		if all := strings.Join(th.heard, "\n"); strings.Count(all, "notifications/tools/list_changed") != 1 {
			t.Errorf("heard %s", all)
		}
		if !passes("read_file") || passes("read_file") {
			t.Error("its limits do not")
		}
		write("tools: {dney: [x]}")
		time.Sleep(2 * time.Second)
		synctest.Wait()
		if passes("read_file") || passes("unhinted") {
			t.Error("a broken policy lets something pass")
		}
		if err := os.Remove(file); err != nil {
			t.Fatal(err)
		}
		time.Sleep(2 * time.Second)
		synctest.Wait()
		if !passes("delete_repo") {
			t.Error("a policy that is gone forbids")
		}
	})
	if len(rowsOf(t, log)) == 0 {
		t.Error("the log of the second policy is not kept")
	}
}
