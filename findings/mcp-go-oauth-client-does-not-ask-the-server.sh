#!/usr/bin/env bash
# Guess:   an OAuth client without a token sends its first request, and learns from the 401 where
#          to sign in, as the specification's flow has it; a server that wants no token answers.
# Instead: mcp-go's OAuth client does not send the request. It says "authorization required" by
#          itself, so that it never sees a challenge: metadata that only resource_metadata
#          names is not found, and /token on the MCP server's own host is made up. A server
#          that needs no token cannot be used either. The plain client sees the challenge.
# Where:   github.com/mark3labs/mcp-go v1.2.1
# Output:  OAuth client: requests to the server 0, "authorization required"; token endpoint /token
#          OAuth client, server without sign-in: requests to the server 0, "authorization required"
#          plain client: requests to the server 1, resource_metadata /metadata
# Matters: one configuration for servers with and without sign-in does not work, and a server
#          that follows the letter (a challenge, no well-known address) is not found. Connect
#          with the plain client first, and hand what its error names to the OAuth client.
set -euo pipefail
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
cat > go.mod <<'EOF'
module check
go 1.26
require github.com/mark3labs/mcp-go v1.2.1
EOF
cat > main.go <<'EOF'
package main

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/mark3labs/mcp-go/client"
	"github.com/mark3labs/mcp-go/mcp"
	"github.com/mark3labs/mcp-go/server"
)

var asked int // requests to the MCP endpoint

func site(open bool) *httptest.Server {
	asked = 0
	mux := http.NewServeMux()
	s := httptest.NewServer(mux)
	inner := server.NewStreamableHTTPServer(server.NewMCPServer("s", "1"))
	mux.HandleFunc("/mcp", func(w http.ResponseWriter, r *http.Request) {
		asked++
		if open {
			inner.ServeHTTP(w, r)
			return
		}
		w.Header().Set("WWW-Authenticate", `Bearer resource_metadata="`+s.URL+`/metadata"`)
		w.WriteHeader(http.StatusUnauthorized)
	})
	mux.HandleFunc("/metadata", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprintf(w, `{"resource":%q,"authorization_servers":[%q]}`, s.URL+"/mcp", s.URL+"/tenant")
	})
	mux.HandleFunc("/.well-known/oauth-authorization-server/tenant", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprintf(w, `{"issuer":%q,"authorization_endpoint":%q,"token_endpoint":%q,"response_types_supported":["code"]}`, s.URL+"/tenant", s.URL+"/tenant/authorize", s.URL+"/tenant/token")
	})
	return s
}

func main() {
	ctx := context.Background()
	connect := func(c *client.Client, err error) error {
		if err == nil {
			err = c.Start(ctx)
		}
		if err == nil {
			_, err = c.Initialize(ctx, mcp.InitializeRequest{Params: mcp.InitializeParams{ProtocolVersion: "2025-11-25"}})
		}
		return err
	}
	oauth := client.OAuthConfig{ClientID: "c", RedirectURI: "http://localhost/callback"}
	word := func(err error) string {
		if client.IsOAuthAuthorizationRequiredError(err) {
			return `"authorization required"`
		}
		return fmt.Sprint(err)
	}

	s := site(false)
	err := connect(client.NewOAuthStreamableHttpClient(s.URL+"/mcp", oauth))
	endpoint := "none"
	if handler := client.GetOAuthHandler(err); handler != nil {
		if metadata, err := handler.GetServerMetadata(ctx); err == nil {
			endpoint = strings.TrimPrefix(metadata.TokenEndpoint, s.URL)
		}
	}
	fmt.Printf("OAuth client: requests to the server %d, %s; token endpoint %s\n", asked, word(err), endpoint)

	s = site(true)
	err = connect(client.NewOAuthStreamableHttpClient(s.URL+"/mcp", oauth))
	fmt.Printf("OAuth client, server without sign-in: requests to the server %d, %s\n", asked, word(err))

	s = site(false)
	err = connect(client.NewStreamableHttpClient(s.URL + "/mcp"))
	fmt.Printf("plain client: requests to the server %d, resource_metadata %s\n", asked, strings.TrimPrefix(client.GetResourceMetadataURL(err), s.URL))
}
EOF
go mod tidy >tidy.log 2>&1 || { cat tidy.log; exit 1; }
seen=$(go run .)
echo "$seen"
[ "$seen" = 'OAuth client: requests to the server 0, "authorization required"; token endpoint /token
OAuth client, server without sign-in: requests to the server 0, "authorization required"
plain client: requests to the server 1, resource_metadata /metadata' ] || { echo 'CHANGED: the server is asked'; exit 1; }
