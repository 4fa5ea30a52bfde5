#!/usr/bin/env bash
# Guess:   the Go SDK's client and server agree on step-up authorization: where the server's
#          RequireBearerToken misses a scope, the client's AuthorizationCodeHandler asks the
#          user for it.
# Instead: the server's 403 names the scope, but not error="insufficient_scope", which MCP
#          has in its example and RFC 6750 in its table; the client asks only where it reads
#          that. Instead of asking it sends the same call with the same token once more.
#          Against a server that says the error as well it asks.
# Where:   github.com/modelcontextprotocol/go-sdk v1.8.0
# Output:  as RequireBearerToken writes it: 403 with scope="write": asked for consent: false; the call was sent 2 times
#          with the error added: 403 with error="insufficient_scope", scope="write": asked for consent: true; the call was sent 1 times
# Matters: a server in Go writes the challenge itself, or its users never get past a token
#          with too little in it. Each plain 403, of a policy or a gateway in between too,
#          is met by a second one: audit logs and limits count two refusals for one call.
set -euo pipefail
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
cat > go.mod <<'EOF'
module check
go 1.26
require (
	github.com/modelcontextprotocol/go-sdk v1.8.0
	golang.org/x/oauth2 v0.38.0
)
EOF
cat > main.go <<'EOF'
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync/atomic"
	"time"

	"github.com/modelcontextprotocol/go-sdk/auth"
	"github.com/modelcontextprotocol/go-sdk/mcp"
	"github.com/modelcontextprotocol/go-sdk/oauthex"
	"golang.org/x/oauth2"
)

func main() {
	failed := false
	for _, c := range []struct {
		name, addition, challenge string
		sent                      int32
		asked                     bool
	}{
		{"as RequireBearerToken writes it", "", `scope="write"`, 2, false},
		{"with the error added", `error="insufficient_scope", `, `error="insufficient_scope", scope="write"`, 1, true},
	} {
		sent, asked, challenge, err := call(c.addition)
		challenge = strings.TrimPrefix(challenge, "Bearer ")
		fmt.Printf("%s: 403 with %s: asked for consent: %v; the call was sent %d times\n  %v\n", c.name, challenge, asked, sent, err)
		if sent != c.sent || asked != c.asked || challenge != c.challenge {
			fmt.Println("CHANGED: the client asks in another case, or the server challenges in another way")
			failed = true
		}
	}
	if failed {
		os.Exit(1)
	}
}

// call calls a tool for which the server wants the scope "write" with a token that has
// "read". The server's challenge gets the addition.
func call(addition string) (sent int32, asked bool, challenge string, err error) {
	server := mcp.NewServer(&mcp.Implementation{Name: "s", Version: "1"}, nil)
	handler := mcp.NewStreamableHTTPHandler(func(*http.Request) *mcp.Server { return server }, nil)
	verify := func(context.Context, string, *http.Request) (*auth.TokenInfo, error) {
		return &auth.TokenInfo{Scopes: []string{"read"}, Expiration: time.Now().Add(time.Hour)}, nil
	}
	guarded := auth.RequireBearerToken(verify, &auth.RequireBearerTokenOptions{Scopes: []string{"write"}})(handler)
	var posts atomic.Int32
	var s *httptest.Server
	s = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/.well-known/oauth-protected-resource/mcp":
			w.Header().Set("Content-Type", "application/json")
			json.NewEncoder(w).Encode(map[string]any{"resource": s.URL + "/mcp", "authorization_servers": []string{s.URL}})
		case "/.well-known/oauth-authorization-server":
			w.Header().Set("Content-Type", "application/json")
			json.NewEncoder(w).Encode(map[string]any{"issuer": s.URL, "authorization_endpoint": s.URL + "/authorize", "token_endpoint": s.URL + "/token",
				"response_types_supported": []string{"code"}, "code_challenge_methods_supported": []string{"S256"}})
		case "/mcp":
			body, _ := io.ReadAll(r.Body)
			r.Body = io.NopCloser(bytes.NewReader(body))
			if !bytes.Contains(body, []byte(`"tools/call"`)) {
				handler.ServeHTTP(w, r)
				return
			}
			posts.Add(1)
			answer := httptest.NewRecorder()
			guarded.ServeHTTP(answer, r)
			challenge = strings.Replace(answer.Header().Get("WWW-Authenticate"), "Bearer ", "Bearer "+addition, 1)
			w.Header().Set("WWW-Authenticate", challenge)
			w.WriteHeader(answer.Code)
			w.Write(answer.Body.Bytes())
		default:
			http.NotFound(w, r)
		}
	}))
	defer s.Close()
	consent, err := auth.NewAuthorizationCodeHandler(&auth.AuthorizationCodeHandlerConfig{
		PreregisteredClient: &oauthex.ClientCredentials{ClientID: "c", ClientSecretAuth: &oauthex.ClientSecretAuth{ClientSecret: "s"}},
		RedirectURL:         "http://127.0.0.1/callback",
		InitialTokenSource:  oauth2.StaticTokenSource(&oauth2.Token{AccessToken: "read", TokenType: "Bearer"}),
		AuthorizationCodeFetcher: func(context.Context, *auth.AuthorizationArgs) (*auth.AuthorizationResult, error) {
			asked = true
			return nil, errors.New("consent not given")
		},
	})
	if err != nil {
		return 0, false, "", err
	}
	ctx := context.Background()
	session, err := mcp.NewClient(&mcp.Implementation{Name: "c", Version: "1"}, nil).Connect(ctx,
		&mcp.StreamableClientTransport{Endpoint: s.URL + "/mcp", OAuthHandler: consent}, nil)
	if err != nil {
		return 0, false, "", err
	}
	_, err = session.CallTool(ctx, &mcp.CallToolParams{Name: "t"})
	session.Close()
	return posts.Load(), asked, challenge, err
}
EOF
go mod tidy >tidy.log 2>&1 || { cat tidy.log; exit 1; }
go run .
