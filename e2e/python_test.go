package e2e

import (
	"encoding/json"
	"os"
	"os/exec"
	"strings"
	"testing"

	"ucbridge/bridge/emulator"
)

// TestPythonRecipe runs the cookbook's recipe with the Databricks SDK for Python where
// that is installed. What it sends is held to the byte in bridge/emulator.
func TestPythonRecipe(t *testing.T) {
	t.Parallel()
	python, err := exec.LookPath("python3")
	if err != nil {
		t.Skip("Python is not installed")
	}
	if err := exec.Command(python, "-c", "import databricks.sdk").Run(); err != nil {
		t.Skip("the Databricks SDK for Python is not installed: pip install databricks-sdk")
	}
	w := ok(emulator.Start(emulator.Options{}))(t)
	t.Cleanup(func() { w.Close() })
	w.SignIn("github_u2m_connection", "ada@example.com")
	cmd := exec.CommandContext(t.Context(), python, "recipe.py")
	cmd.Env = []string{
		"HOME=" + t.TempDir(), "PATH=/usr/bin:/bin", "PYTHONPATH=" + os.Getenv("PYTHONPATH"),
		"DATABRICKS_HOST=" + w.URL(), "DATABRICKS_CLIENT_ID=demo-client", "DATABRICKS_CLIENT_SECRET=demo-secret", "USER_TOKEN=dapi-demo-ada",
	}
	said := new(strings.Builder)
	cmd.Stderr = said
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v\n%s", err, said)
	}
	var got struct {
		Session string
		Tools   struct {
			Result struct{ Tools []struct{ Name string } }
		}
		Bearer struct {
			Result struct{ ServerInfo struct{ Name string } }
		}
	}
	if err := json.Unmarshal(out, &got); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if got.Session == "" || len(got.Tools.Result.Tools) == 0 || got.Bearer.Result.ServerInfo.Name != "ucbridge-sample" {
		t.Errorf("the pages show:\n%s", out)
	}
}
