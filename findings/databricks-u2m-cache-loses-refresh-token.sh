#!/usr/bin/env bash
# databricks-sdk-go v0.182.0, credentials/u2m: a token cache of one's own
#
# Guess: cache.TokenCache asks for Store and Lookup only, so a map of token
#   pointers behind a lock is a complete cache for a browser login.
# Behaviour: PersistentAuth.Token() blanks RefreshToken in the very token that
#   Lookup returned, to hide it from its caller. A cache that returns the
#   pointer it keeps has lost its refresh token after the first Token(), and the
#   next refresh fails with "cached token has no refresh token": about an hour
#   after a login that looked good. The SDK's own in-memory cache returns
#   copies; the interface does not say that one must.
# Seen: refresh token "r1" in the cache before Token(), "" after it; then
#   ForceRefreshToken: ErrMissingRefreshToken. With a copy in Lookup: refreshed.
# Why it matters: a bridge that keeps sign-ins itself (keyring, file, memory)
#   asks its users to log in every hour. Return a copy from Lookup.
set -euo pipefail
SDK=v0.182.0
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
export GOFLAGS=-mod=mod GOWORK=off GONOSUMDB='github.com/databricks/*'
cat > go.mod <<EOF
module probe
go 1.24
require github.com/databricks/databricks-sdk-go $SDK
EOF
cat > main.go <<'EOF'
package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"time"

	"github.com/databricks/databricks-sdk-go/credentials/u2m"
	"github.com/databricks/databricks-sdk-go/credentials/u2m/cache"
	"golang.org/x/oauth2"
)

// store is the plain cache; with copies it hands out copies.
type store struct {
	tokens map[string]*oauth2.Token
	copies bool
}

func (s *store) Store(key string, t *oauth2.Token) error {
	s.tokens[key] = t
	return nil
}

func (s *store) Lookup(key string) (*oauth2.Token, error) {
	t := s.tokens[key]
	if t == nil {
		return nil, cache.ErrNotFound
	}
	if s.copies {
		c := *t
		return &c, nil
	}
	return t, nil
}

func main() {
	var workspace *httptest.Server
	workspace = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		if r.URL.Path == "/token" {
			fmt.Fprint(w, `{"access_token":"new","token_type":"Bearer","expires_in":3600,"refresh_token":"r2"}`)
			return
		}
		fmt.Fprintf(w, `{"authorization_endpoint":"%[1]s/authorize","token_endpoint":"%[1]s/token"}`, workspace.URL)
	}))
	defer workspace.Close()
	failed := false
	for _, copies := range []bool{false, true} {
		arg, err := u2m.NewBasicWorkspaceOAuthArgument(workspace.URL)
		if err != nil {
			fmt.Println("no argument:", err)
			os.Exit(1)
		}
		key := arg.GetCacheKey()
		kept := &store{tokens: map[string]*oauth2.Token{}, copies: copies}
		kept.Store(key, &oauth2.Token{AccessToken: "old", RefreshToken: "r1", Expiry: time.Now().Add(time.Hour)})
		login, err := u2m.NewPersistentAuth(context.Background(), u2m.WithTokenCache(kept), u2m.WithOAuthArgument(arg))
		if err != nil {
			fmt.Println("no login:", err)
			os.Exit(1)
		}
		if t, err := login.Token(); err != nil || t.AccessToken != "old" {
			fmt.Println("CHANGED: Token() gave", t, err)
			os.Exit(1)
		}
		left := kept.tokens[key].RefreshToken
		_, err = login.ForceRefreshToken()
		fmt.Printf("Lookup returns copies: %-5v  refresh token kept after Token(): %q, then refresh: %v\n", copies, left, err)
		lost := left == "" && errors.Is(err, u2m.ErrMissingRefreshToken)
		if lost == copies || copies && err != nil {
			fmt.Println("CHANGED: expected the plain cache to lose its refresh token, and the copying one to keep it")
			failed = true
		}
	}
	if failed {
		os.Exit(1)
	}
}
EOF
go mod tidy >tidy.log 2>&1 || { cat tidy.log; exit 1; }
[ "$(go list -m -f '{{.Version}}' github.com/databricks/databricks-sdk-go)" = "$SDK" ] || { echo "CHANGED: another version of the SDK was chosen"; exit 1; }
go run . 2>log.txt || { cat log.txt; exit 1; }
echo "as stated"
