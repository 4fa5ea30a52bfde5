package unitycatalog_test

import (
	"testing"

	"ucbridge/bridge/databricks"
	"ucbridge/bridge/emulator"
	"ucbridge/bridge/unitycatalog"
)

// A workspace lists its MCP services in either manner.
func TestServicesInBothManners(t *testing.T) {
	t.Setenv("DATABRICKS_CONFIG_FILE", "/dev/null")
	t.Setenv("DATABRICKS_TOKEN", "dapi-demo-ada")
	for _, byParent := range []bool{false, true} {
		w, err := emulator.Start(emulator.Options{ServicesByParent: byParent})
		if err != nil {
			t.Fatal(err)
		}
		w.AddService(emulator.Service{Name: "main.tools.jira", Connection: "github"})
		client, err := databricks.OpenWorkspace(databricks.Options{Host: w.URL()})
		if err != nil {
			t.Fatal(err)
		}
		got, err := unitycatalog.New(client).Services(t.Context())
		if err != nil || len(got) != 2 || got[0].Name != "main.tools.jira" || got[1].Name != "system.ai.github" {
			t.Errorf("by parent %t: %+v, %v", byParent, got, err)
		}
		client.Close()
		_ = w.Close()
	}
}
