package databricks

import (
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/databricks/databricks-sdk-go/config"

	"ucbridge/bridge/refusal"
)

// What Databricks hosts takes scopes of its own, in every spelling of its address.
func TestScopeOfHostedServers(t *testing.T) {
	t.Parallel()
	const refused = `{"error_code":403,"message":"Provided OAuth token does not have required scopes: x"}`
	for url, want := range map[string]string{
		"/api/2.0/mcp/genie":                                       "genie",
		"/api/2.0/mcp/genie/01ef":                                  "genie",
		"https://w.cloud.databricks.com/api/2.0/mcp/sql":           "sql",
		"/api/2.0/mcp/ai-search/main/docs/pages":                   "ai-search",
		"/api/2.0/mcp/vector-search/main/docs/pages":               "vector-search",
		"/api/2.0/mcp/functions/main/docs":                         "unity-catalog",
		"/ai-gateway/mcp-services/main.tools.drive":                "ai-gateway",
		"/api/2.0/unity-catalog/connections/main.tools.jira/proxy": "unity-catalog",
	} {
		r := roundTripper(func(req *http.Request) (*http.Response, error) {
			return answer(req, 403, "application/json", refused), nil
		}).open(t, Options{Target: Target{URL: url}, Host: "https://w.cloud.databricks.com"}, func(cfg *config.Config) { cfg.Token = testToken })
		_, err := r.RoundTrip(post(t, r, ping))
		e, ok := errors.AsType[*refusal.Error](err)
		if !ok || e.Data.Reason != refusal.MissingScope || !strings.Contains(e.Data.Hint, "with the scope "+want+";") {
			t.Errorf("%s: %v, want the scope %s", url, err, want)
		}
	}
}
