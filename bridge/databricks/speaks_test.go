package databricks

import "testing"

func TestSpeaksMCP(t *testing.T) {
	t.Parallel()
	for target, speaks := range map[Target]bool{
		{Connection: "github"}:                                            true,
		{Service: "a.b.c"}:                                                true,
		{URL: "/api/2.0/mcp/genie/1"}:                                     true,
		{URL: "/api/2.0/mcp/external/github"}:                             true,
		{URL: "/ai-gateway/mcp-services/a.b.c"}:                           true,
		{URL: "/ai-gateway/skills/?schema=c.s"}:                           true,
		{URL: "/api/2.0/unity-catalog/connections/github/proxy"}:          true,
		{URL: "/api/2.0/unity-catalog/connections/github/proxy/mcp?x=1"}:  true,
		{URL: "https://mcp-a-1.aws.databricksapps.com/mcp"}:               true,
		{URL: "https://a.cloud.databricks.com/api/2.0/mcp/sql"}:           true,
		{URL: "/api/2.0/external-function"}:                               false,
		{URL: "/api/2.0/External-Function"}:                               false,
		{URL: "https://a.cloud.databricks.com/api/2.0/external-function"}: false,
		{URL: "/api/2.0/unity-catalog/connections/github"}:                false,
		{URL: "/api/2.0/unity-catalog/connections/github/proxyx"}:         false,
		{URL: "/api/2.0/mcp%2f..%2fexternal-function"}:                    false,
		{URL: "/api/2.0/mcp/%2e%2e/external-function"}:                    false,
		{URL: `/api/2.0/mcp/..\external-function`}:                        false,
		{URL: "/api/2.0/mcp/../external-function"}:                        false, // no target at all
		{URL: "/api/2.0/mcpx/a"}:                                          false,
	} {
		if got := target.SpeaksMCP(); got != speaks {
			t.Errorf("%+v: %v", target, got)
		}
	}
}
