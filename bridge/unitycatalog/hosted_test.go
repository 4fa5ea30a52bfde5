package unitycatalog_test

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"ucbridge/bridge/databricks"
	"ucbridge/bridge/emulator"
	"ucbridge/bridge/unitycatalog"
)

// workspace is an emulated workspace and ada's view of it.
func workspace(t *testing.T, o emulator.Options) (*emulator.Workspace, *unitycatalog.Catalog) {
	t.Helper()
	t.Setenv("DATABRICKS_CONFIG_FILE", "/dev/null")
	t.Setenv("DATABRICKS_TOKEN", "dapi-demo-ada")
	w, err := emulator.Start(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { w.Close() })
	client, err := databricks.OpenWorkspace(databricks.Options{Host: w.URL()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	return w, unitycatalog.New(client)
}

// What Databricks hosts is listed by kind; functions, and what is in no schema, as the
// selection says.
func TestHosted(t *testing.T) {
	w, catalog := workspace(t, emulator.Options{Empty: true})
	w.AddUser(emulator.User{Name: "ada@example.com", PAT: "dapi-demo-ada"})
	for _, path := range []string{"genie", "genie/01ef", "ai-search/main/docs/pages", "ai-search/other/docs/pages", "sql", "functions/main/docs"} {
		w.AddPath("/api/2.0/mcp/"+path, "")
	}
	w.AddApp(emulator.App{Name: "mcp-tools", URL: "https://mcp-tools-1.aws.databricksapps.com"})
	w.AddApp(emulator.App{Name: "dashboard", URL: "https://dashboard-1.aws.databricksapps.com"})
	const (
		genieOne  = "genie Genie One /api/2.0/mcp/genie"
		agent     = "genie Agent 01ef /api/2.0/mcp/genie/01ef"
		pages     = "ai-search main.docs.pages /api/2.0/mcp/ai-search/main/docs/pages"
		others    = "ai-search other.docs.pages /api/2.0/mcp/ai-search/other/docs/pages"
		sql       = "sql Databricks SQL /api/2.0/mcp/sql"
		functions = "functions main.docs /api/2.0/mcp/functions/main/docs"
		app       = "app mcp-tools https://mcp-tools-1.aws.databricksapps.com/mcp"
	)
	tests := []struct {
		name     string
		selected unitycatalog.Selection
		want     []string
	}{
		{"all", unitycatalog.Selection{}, []string{genieOne, agent, pages, others, sql, app}},
		{"kinds", unitycatalog.Selection{Kinds: []unitycatalog.Kind{unitycatalog.Functions, unitycatalog.SQL}}, []string{sql, functions}},
		{"schema", unitycatalog.Selection{Schema: "main.docs"}, []string{pages, functions}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			o, err := catalog.Overview(t.Context(), tt.selected, nil)
			if err != nil || len(o.Notes) > 0 {
				t.Fatalf("%v, notes %q", err, o.Notes)
			}
			var got []string
			for _, s := range o.Servers {
				got = append(got, string(s.Kind)+" "+s.Name+" "+s.URL)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("servers (-want +got):\n%s", diff)
			}
		})
	}
}

// Connections of schemas are found beside those of the metastore, and go by their full
// names.
func TestConnectionsOfSchemas(t *testing.T) {
	w, catalog := workspace(t, emulator.Options{})
	w.AddConnection(emulator.Connection{Name: "main.tools.jira", MCP: true})
	w.AddConnection(emulator.Connection{Name: "main.hidden.jira", Users: []string{"bob@example.com"}})
	got, err := catalog.Connections(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, s := range got {
		names = append(names, s.Name)
	}
	if want := []string{"github", "github_u2m_connection", "main.tools.jira"}; !slices.Equal(names, want) {
		t.Errorf("connections %q, want %q", names, want)
	}
	o, err := catalog.Overview(t.Context(), unitycatalog.Selection{Schema: "main.tools"}, nil)
	if err != nil || len(o.Servers) != 1 || o.Servers[0].Name != "main.tools.jira" || o.Servers[0].Usable != unitycatalog.Yes {
		t.Errorf("%+v, %v", o, err)
	}
}

// A service says by itself that each user has to sign in; the state has an end, and
// can be ended.
func TestSignInOfAService(t *testing.T) {
	w, catalog := workspace(t, emulator.Options{})
	w.AddService(emulator.Service{Name: "main.tools.drive", Connection: "github", PerUser: true})
	service, err := catalog.Find(t.Context(), unitycatalog.Service, "main.tools.drive")
	if err != nil {
		t.Fatal(err)
	}
	state := func(want unitycatalog.Answer, until string) {
		t.Helper()
		answer, at, err := catalog.SignedIn(t.Context(), service)
		if got := at.Format(time.DateOnly); err != nil || answer != want || until != "" && got != until {
			t.Errorf("signed in: %s until %s, %v; want %s until %s", answer, got, err, want, until)
		}
	}
	signOut := func(want bool) {
		t.Helper()
		if was, err := catalog.SignOut(t.Context(), service); err != nil || was != want {
			t.Errorf("signing out: %v, %v; want %v", was, err, want)
		}
	}
	state(unitycatalog.No, "")
	signOut(false)
	w.SignIn("main.tools.drive", "ada@example.com")
	state(unitycatalog.Yes, "2099-01-01")
	signOut(true)
	state(unitycatalog.No, "")
}
