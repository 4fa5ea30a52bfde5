package emulator

import (
	"net/http"
	"slices"
	"strings"
)

// The lists of what a workspace hosts itself: each path that was added is in the one
// of its kind. Verified: paths, parameters and member names (databricks-sdk-go
// service/dashboards GenieListSpacesResponse, service/vectorsearch
// ListVectorIndexesResponse, service/catalog ListFunctionsResponse, service/apps
// ListAppsResponse). Assumed: that all users see them; all are on one page.

// searchEndpoint is the one endpoint of AI Search here.
const searchEndpoint = "demo"

// hosted returns what follows base in the paths that were added, in order.
func (a restAPI) hosted(base string) []string {
	a.w.catalog.mu.RLock()
	defer a.w.catalog.mu.RUnlock()
	var found []string
	for path := range a.w.catalog.paths {
		if rest, ok := strings.CutPrefix(path, base); ok {
			found = append(found, rest)
		}
	}
	slices.Sort(found)
	return found
}

func (a restAPI) listGenieSpaces(c *call) {
	spaces := []map[string]string{}
	for _, id := range a.hosted("/api/2.0/mcp/genie/") {
		spaces = append(spaces, map[string]string{"space_id": id, "title": "Agent " + id})
	}
	c.answerJSON(http.StatusOK, map[string]any{"spaces": spaces})
}

func (a restAPI) listSearchEndpoints(c *call) {
	c.answerJSON(http.StatusOK, map[string]any{"endpoints": []map[string]string{{"name": searchEndpoint}}})
}

func (a restAPI) listSearchIndexes(c *call) {
	indexes := []map[string]string{}
	if c.r.URL.Query().Get("endpoint_name") == searchEndpoint {
		for _, path := range a.hosted("/api/2.0/mcp/ai-search/") {
			indexes = append(indexes, map[string]string{"name": strings.ReplaceAll(path, "/", "."), "endpoint_name": searchEndpoint})
		}
	}
	c.answerJSON(http.StatusOK, map[string]any{"vector_indexes": indexes})
}

// functionSchemas are the schemas with functions, by full name.
func (a restAPI) functionSchemas() []string {
	var names []string
	for _, path := range a.hosted("/api/2.0/mcp/functions/") {
		catalog, rest, _ := strings.Cut(path, "/")
		schema, _, _ := strings.Cut(rest, "/")
		names = append(names, catalog+"."+schema)
	}
	return names
}

func (a restAPI) listFunctions(c *call) {
	query := c.r.URL.Query()
	functions := []map[string]string{}
	if schema := query.Get("catalog_name") + "." + query.Get("schema_name"); slices.Contains(a.functionSchemas(), schema) {
		functions = append(functions, map[string]string{"name": "f", "full_name": schema + ".f"})
	}
	c.answerJSON(http.StatusOK, map[string]any{"functions": functions})
}

func (a restAPI) listApps(c *call) {
	a.w.catalog.mu.RLock()
	defer a.w.catalog.mu.RUnlock()
	apps := []map[string]string{}
	for _, app := range a.w.catalog.apps {
		apps = append(apps, map[string]string{"name": app.Name, "url": app.URL})
	}
	c.answerJSON(http.StatusOK, map[string]any{"apps": apps})
}
