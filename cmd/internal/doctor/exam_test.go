package doctor

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"ucbridge/bridge/databricks"
	"ucbridge/cmd/internal/remote"
)

// Every check has a place in the list, a name that fits its column, and a story
// that shows it.
func TestChecks(t *testing.T) {
	t.Parallel()
	connect := func(context.Context) (*remote.Server, error) { return nil, nil }
	workspace, err := databricks.OpenWorkspace(databricks.Options{})
	if err != nil {
		t.Fatal(err)
	}
	stories, err := filepath.Glob("../../ucbridge/testdata/script/doctor*.txtar")
	if err != nil || len(stories) == 0 {
		t.Fatal("no stories of the doctor: ", err)
	}
	shown := ""
	for _, story := range stories {
		text, err := os.ReadFile(story)
		if err != nil {
			t.Fatal(err)
		}
		shown += string(text)
	}
	for _, o := range []Options{
		{},
		{Connect: connect, Target: databricks.Target{Connection: "github"}, Tool: "get_me"},
		{Connect: connect, Target: databricks.Target{Service: "a.b.c"}},
		{Connect: connect, Target: databricks.Target{URL: "/x"}},
	} {
		o.Workspace = workspace
		var before []string
		for _, c := range New(o).Checks() {
			if slices.Contains(before, c.ID) || c.run == nil {
				t.Errorf("%s: twice in the list, or nothing to run", c.ID)
			}
			for _, need := range c.needs {
				if !slices.Contains(before, need) {
					t.Errorf("%s needs %s, which is not before it", c.ID, need)
				}
			}
			if len("  "+c.ID+"  ") > column {
				t.Errorf("%s: too long for its column, see report.go", c.ID)
			}
			if !strings.Contains(shown, c.ID) {
				t.Errorf("%s: no story in cmd/ucbridge/testdata/script/doctor*.txtar shows it", c.ID)
			}
			before = append(before, c.ID)
		}
	}
}
