#!/usr/bin/env bash
# Go github.com/lestrrat-go/jwx/v3 v3.4.0: a key set with one key of another kind
#
# Guess: keys that a library does not know are passed over, as RFC 7517 section 5 says
#   (SHOULD ignore JWKs with a "kty" or values that are not understood); the token is
#   checked with the key that its "kid" names.
# Behaviour: jwk.Parse, and jwk.Fetch with it, refuse the whole set for one key of kind AKP
#   (post-quantum, ML-DSA) or one of curve secp256k1, unless
#   jwk.WithIgnoreParseError(true) is given. go-oidc v3.21.0 and keyfunc v3.9.2 go on.
# Seen: [AKP key, RSA key] and a token of the RSA key: jwx "invalid key type from JSON
#   (AKP)", the two others take it.
# Why it matters: on the day on which an identity provider publishes its first
#   post-quantum key beside the old ones, a gateway on this library refuses everybody,
#   whatever signed their tokens. Give the option wherever a key set is read.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
export GOFLAGS='-mod=mod -trimpath -ldflags=-w -vet=off' GOWORK=off
cat > go.mod <<'EOF'
module probe
go 1.26
require (
	github.com/MicahParks/keyfunc/v3 v3.9.2
	github.com/coreos/go-oidc/v3 v3.21.0
	github.com/go-jose/go-jose/v4 v4.1.9
	github.com/golang-jwt/jwt/v5 v5.3.1
	github.com/lestrrat-go/jwx/v3 v3.4.0
)
EOF
cat > main.go <<'EOF'
package main

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"time"

	"github.com/MicahParks/keyfunc/v3"
	"github.com/coreos/go-oidc/v3/oidc"
	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
	golangjwt "github.com/golang-jwt/jwt/v5"
	"github.com/lestrrat-go/jwx/v3/jwk"
	jwxjwt "github.com/lestrrat-go/jwx/v3/jwt"
)

func main() {
	ctx := context.Background()
	key, _ := rsa.GenerateKey(rand.Reader, 2048)
	own := fmt.Sprintf(`{"kty":"RSA","kid":"a","use":"sig","alg":"RS256","n":%q,"e":"AQAB"}`, base64.RawURLEncoding.EncodeToString(key.N.Bytes()))
	other := ""
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprintf(w, `{"keys":[%s%s]}`, other, own)
	}))
	defer server.Close()
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.RS256, Key: jose.JSONWebKey{Key: key, KeyID: "a"}}, nil)
	if err != nil {
		panic(err)
	}
	token, err := jwt.Signed(signer).Claims(map[string]any{"iss": server.URL, "aud": "gateway", "sub": "u", "exp": time.Now().Add(time.Hour).Unix()}).Serialize()
	if err != nil {
		panic(err)
	}
	// A key of ML-DSA-44 has 1312 bytes.
	mldsa := base64.RawURLEncoding.EncodeToString(make([]byte, 1312))
	failed := false
	for _, c := range []struct{ name, key, says string }{
		{"the RSA key alone", ``, ""},
		{"beside AKP", `{"kty":"AKP","kid":"b","alg":"ML-DSA-44","pub":"` + mldsa + `"},`, "AKP"},
		{"beside secp256k1", `{"kty":"EC","crv":"secp256k1","kid":"b","x":"WKn-ZIGevcwGIyyrzFoZNBdaq9_TsqzGl96oc0CWuis","y":"y77t-RvAHRKTsSGdIYUfweuOvwrvDD-Q3Hv5J0fSKbE"},`, "secp256k1"},
	} {
		other = c.key
		jwx := func(options ...jwk.ParseOption) error {
			set, err := jwk.Parse([]byte(`{"keys":[`+other+own+`]}`), options...)
			if err == nil {
				_, err = jwxjwt.Parse([]byte(token), jwxjwt.WithKeySet(set))
			}
			return err
		}
		plain, told := jwx(), jwx(jwk.WithIgnoreParseError(true))
		if _, err := jwk.Fetch(ctx, server.URL); (err == nil) != (plain == nil) {
			fmt.Println("CHANGED: Fetch differs from Parse:", err)
			failed = true
		}
		_, byOIDC := oidc.NewVerifier(server.URL, oidc.NewRemoteKeySet(ctx, server.URL), &oidc.Config{ClientID: "gateway"}).Verify(ctx, token)
		keys, byKeyfunc := keyfunc.NewDefaultCtx(ctx, []string{server.URL})
		if byKeyfunc == nil {
			_, byKeyfunc = golangjwt.Parse(token, keys.Keyfunc)
		}
		fmt.Printf("%s: jwx: %v; jwx, told to ignore: %v; go-oidc: %v; keyfunc: %v\n", c.name, plain, told, byOIDC, byKeyfunc)
		refused := plain != nil && strings.Contains(plain.Error(), c.says)
		if refused != (c.key != "") || told != nil || byOIDC != nil || byKeyfunc != nil {
			fmt.Println("CHANGED: expected jwx alone to refuse, and without its option only")
			failed = true
		}
	}
	if failed {
		os.Exit(1)
	}
}
EOF
go mod tidy >tidy.log 2>&1 || { cat tidy.log; exit 1; }
[ "$(go list -m -f '{{.Version}}' github.com/lestrrat-go/jwx/v3)" = v3.4.0 ] || { echo "CHANGED: another version of jwx was chosen"; exit 1; }
go run . 2>log.txt || { cat log.txt; exit 1; }
echo "as stated"
