#!/usr/bin/env bash
# Guess:   a client registers once with an authorization server, as client ids are made to be
#          kept, and calls that find their token refused at the same time share one sign-in.
# Instead: the Go SDK's AuthorizationCodeHandler registers anew for each sign-in, and each
#          call that is refused signs in by itself: after a token is revoked three calls at once
#          make three registrations and open three pages before the user.
# Where:   github.com/modelcontextprotocol/go-sdk v1.8.0
# Output:  connecting: 1 registration(s), 1 sign-in(s)
#          one call after the token is revoked: 1 registration(s), 1 sign-in(s)
#          three calls at once after that: 3 registration(s), 3 sign-in(s)
# Matters: an authorization server collects a dead client for each sign-in, and where
#          registrations are limited or approved by hand the second sign-in fails. A client id
#          given in advance (PreregisteredClient) saves the registrations, not the pages.
set -euo pipefail
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
cat > go.mod <<'EOF'
module check
go 1.26
require github.com/modelcontextprotocol/go-sdk v1.8.0
EOF
cat > main.go <<'EOF'
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"

	"github.com/modelcontextprotocol/go-sdk/auth"
	"github.com/modelcontextprotocol/go-sdk/mcp"
	"github.com/modelcontextprotocol/go-sdk/oauthex"
)

// state is what the authorization server, the MCP server and the user share.
type state struct {
	sync.Mutex
	registered, signedIn, tokens int
	valid                        map[string]bool
	refused                      int
	together                     chan struct{} // closed once all calls of a round are refused
	expected                     int
}

func (s *state) tell(what string) {
	s.Lock()
	defer s.Unlock()
	fmt.Printf("%s: %d registration(s), %d sign-in(s)\n", what, s.registered, s.signedIn)
	s.registered, s.signedIn = 0, 0
}

// revoke makes every token worthless. The refusals that follow wait until there are as many as expected.
func (s *state) revoke(expected int) {
	s.Lock()
	defer s.Unlock()
	clear(s.valid)
	s.refused, s.expected, s.together = 0, expected, make(chan struct{})
}

func main() {
	s := &state{valid: map[string]bool{}}
	s.revoke(1)
	mcpServer := mcp.NewServer(&mcp.Implementation{Name: "s", Version: "1"}, nil)
	mcp.AddTool(mcpServer, &mcp.Tool{Name: "echo"}, func(context.Context, *mcp.CallToolRequest, struct{}) (*mcp.CallToolResult, any, error) { return nil, nil, nil })
	inner := mcp.NewStreamableHTTPHandler(func(*http.Request) *mcp.Server { return mcpServer }, nil)
	mux := http.NewServeMux()
	server := httptest.NewServer(mux)
	answer := func(w http.ResponseWriter, status int, v any) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		json.NewEncoder(w).Encode(v)
	}
	mux.HandleFunc("/.well-known/oauth-protected-resource/mcp", func(w http.ResponseWriter, r *http.Request) {
		answer(w, 200, map[string]any{"resource": server.URL + "/mcp", "authorization_servers": []string{server.URL}})
	})
	mux.HandleFunc("/.well-known/oauth-authorization-server", func(w http.ResponseWriter, r *http.Request) {
		answer(w, 200, map[string]any{
			"issuer": server.URL, "authorization_endpoint": server.URL + "/authorize", "token_endpoint": server.URL + "/token",
			"registration_endpoint": server.URL + "/register", "response_types_supported": []string{"code"}, "code_challenge_methods_supported": []string{"S256"},
		})
	})
	mux.HandleFunc("/register", func(w http.ResponseWriter, r *http.Request) {
		var m map[string]any
		json.NewDecoder(r.Body).Decode(&m)
		s.Lock()
		s.registered++
		s.Unlock()
		m["client_id"] = "c"
		answer(w, 201, m)
	})
	mux.HandleFunc("/token", func(w http.ResponseWriter, r *http.Request) {
		s.Lock()
		defer s.Unlock()
		s.tokens++
		token := fmt.Sprint("t", s.tokens)
		s.valid[token] = true
		answer(w, 200, map[string]any{"access_token": token, "token_type": "Bearer", "expires_in": 3600})
	})
	mux.HandleFunc("/mcp", func(w http.ResponseWriter, r *http.Request) {
		s.Lock()
		ok, together := s.valid[strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")], s.together
		if !ok {
			if s.refused++; s.refused == s.expected {
				close(together)
			}
		}
		s.Unlock()
		if ok {
			inner.ServeHTTP(w, r)
			return
		}
		<-together
		w.Header().Set("WWW-Authenticate", `Bearer resource_metadata="`+server.URL+`/.well-known/oauth-protected-resource/mcp"`)
		w.WriteHeader(http.StatusUnauthorized)
	})
	handler, err := auth.NewAuthorizationCodeHandler(&auth.AuthorizationCodeHandlerConfig{
		DynamicClientRegistrationConfig: &auth.DynamicClientRegistrationConfig{Metadata: &oauthex.ClientRegistrationMetadata{RedirectURIs: []string{"http://localhost/callback"}}},
		AuthorizationCodeFetcher: func(_ context.Context, args *auth.AuthorizationArgs) (*auth.AuthorizationResult, error) {
			s.Lock()
			s.signedIn++
			s.Unlock()
			u, err := url.Parse(args.URL)
			return &auth.AuthorizationResult{Code: "code", State: u.Query().Get("state")}, err
		},
	})
	if err != nil {
		panic(err)
	}
	ctx := context.Background()
	client := mcp.NewClient(&mcp.Implementation{Name: "c", Version: "1"}, nil)
	session, err := client.Connect(ctx, &mcp.StreamableClientTransport{Endpoint: server.URL + "/mcp", OAuthHandler: handler, DisableStandaloneSSE: true}, nil)
	if err != nil {
		panic(err)
	}
	s.tell("connecting")
	call := func() {
		if _, err := session.CallTool(ctx, &mcp.CallToolParams{Name: "echo", Arguments: map[string]any{}}); err != nil {
			panic(err)
		}
	}
	s.revoke(1)
	call()
	s.tell("one call after the token is revoked")
	s.revoke(3)
	var calls sync.WaitGroup
	for range 3 {
		calls.Go(call)
	}
	calls.Wait()
	s.tell("three calls at once after that")
}
EOF
go mod tidy >tidy.log 2>&1 || { cat tidy.log; exit 1; }
seen=$(go run .)
echo "$seen"
[ "$seen" = 'connecting: 1 registration(s), 1 sign-in(s)
one call after the token is revoked: 1 registration(s), 1 sign-in(s)
three calls at once after that: 3 registration(s), 3 sign-in(s)' ] || { echo 'CHANGED: sign-ins are shared, or clients kept'; exit 1; }
