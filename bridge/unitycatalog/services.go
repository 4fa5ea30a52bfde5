package unitycatalog

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"

	"ucbridge/bridge/refusal"
)

// Services lists the MCP services that the user can see, of all schemas, by name.
// Where some schemas could not be asked, or ctx ends, there is what could be listed beside
// the error.
//
// Whether a workspace lists the services of the whole metastore is not settled: the
// SDK's text wants a schema as parent (service/catalog ListMcpServicesRequest,
// v0.182.0), earlier ones left it out. So it is asked without first, and schema by
// schema where that is refused.
func (c *Catalog) Services(ctx context.Context) ([]Server, error) {
	return c.services(ctx, "")
}

// services lists the services of one schema, or all where it is empty.
func (c *Catalog) services(ctx context.Context, schema string) ([]Server, error) {
	services, err := c.servicesOf(ctx, schema)
	if schema == "" && wantsOtherParent(err) {
		services, err = c.walkSchemas(ctx, c.servicesOf)
	}
	slices.SortFunc(services, byName)
	return services, err
}

// wantsOtherParent reports whether the refusal is that of a list that takes no
// parent, or none but a schema.
func wantsOtherParent(err error) bool {
	refused, ok := errors.AsType[*refusal.Error](err)
	return ok && refused.Data.HTTPStatus == http.StatusBadRequest && refused.Data.Reason == refusal.WorkspaceError
}

// servicesOf lists the services of one schema, of all where it is empty.
func (c *Catalog) servicesOf(ctx context.Context, schema string) ([]Server, error) {
	query := url.Values{"view": {"FULL"}}
	if schema != "" {
		query.Set("parent", "schemas/"+schema)
	}
	infos, err := pages(ctx, c.api, root+"mcp-services", query, func(page *struct {
		Services []serviceInfo `json:"mcp_services"`
		Next     string        `json:"next_page_token"`
	}) ([]serviceInfo, string) {
		return page.Services, page.Next
	})
	if err != nil {
		return nil, worded("MCP services", err)
	}
	var servers []Server
	for _, info := range infos {
		servers = append(servers, info.server())
	}
	return servers, nil
}
