package unitycatalog_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"

	"ucbridge/bridge/unitycatalog"
)

// oneConnection is a workspace in which there is one connection.
type oneConnection struct{}

func (oneConnection) Get(_ context.Context, _ string, _ url.Values, answer any) error {
	return json.Unmarshal([]byte(`{"connections":[{"name":"github","connection_type":"HTTP","options":{"is_mcp_connection":"true"}}]}`), answer)
}

func (oneConnection) Delete(context.Context, string) error { return nil }

func ExampleCatalog_Connections() {
	servers, err := unitycatalog.New(oneConnection{}).Connections(context.Background())
	for _, s := range servers {
		fmt.Println(s.Kind, s.Name)
	}
	fmt.Println(err)
	// Output:
	// connection github
	// <nil>
}
