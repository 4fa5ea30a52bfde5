#!/usr/bin/env bash
# Go middlewares that check a JWT before a handler, and a call without a token
#
# Guess: 401 with "WWW-Authenticate: Bearer", as RFC 6750 section 3 has it, for a call that
#   brings no token or one of another scheme.
# Behaviour: github.com/auth0/go-jwt-middleware/v2 v2.3.1 answers 400 where there is no token,
#   and 500 where the scheme is another one. github.com/gofiber/contrib/jwt v1.1.2 answers 400
#   to both. github.com/labstack/echo-jwt/v4 v4.4.0 and github.com/go-chi/jwtauth/v5 v5.3.3
#   answer 401. None of the four names a challenge. All four answer 401 to a bad token.
# Seen: without Authorization 400, 400, 401, 401; with Basic 500, 400, 401, 401; no
#   WWW-Authenticate in any.
# Why it matters: an MCP client begins to sign in at a 401 only, and learns from its challenge
#   where. Behind the first two the first connect ends with "bad request", and no browser
#   opens; a client that still has an old token signs in. Set ErrorHandler, and the challenge.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
export GOFLAGS='-mod=mod -trimpath -ldflags=-w -vet=off' GOWORK=off
cat > go.mod <<'EOF'
module probe
go 1.26
require (
	github.com/auth0/go-jwt-middleware/v2 v2.3.1
	github.com/go-chi/jwtauth/v5 v5.3.3
	github.com/gofiber/contrib/jwt v1.1.2
	github.com/gofiber/fiber/v2 v2.52.15
	github.com/labstack/echo-jwt/v4 v4.4.0
	github.com/labstack/echo/v4 v4.16.4
)
EOF
cat > main.go <<'EOF'
package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"

	"github.com/auth0/go-jwt-middleware/v2"
	"github.com/auth0/go-jwt-middleware/v2/validator"
	"github.com/go-chi/jwtauth/v5"
	fiberjwt "github.com/gofiber/contrib/jwt"
	"github.com/gofiber/fiber/v2"
	echojwt "github.com/labstack/echo-jwt/v4"
	"github.com/labstack/echo/v4"
)

func main() {
	key := []byte("a secret of at least thirty-two bytes")
	tool := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, "{}") })

	checker, err := validator.New(func(context.Context) (any, error) { return key, nil }, validator.HS256, "https://issuer.test/", []string{"gateway"})
	if err != nil {
		panic(err)
	}
	auth0 := jwtmiddleware.New(checker.ValidateToken).CheckJWT(tool)

	onFiber := fiber.New()
	onFiber.Use(fiberjwt.New(fiberjwt.Config{SigningKey: fiberjwt.SigningKey{Key: key}}))
	onFiber.Post("/mcp", func(c *fiber.Ctx) error { return c.SendString("{}") })

	onEcho := echo.New()
	onEcho.Use(echojwt.JWT(key))
	onEcho.POST("/mcp", func(c echo.Context) error { return c.String(200, "{}") })

	checkedByChi := jwtauth.New("HS256", key, nil)
	onChi := jwtauth.Verifier(checkedByChi)(jwtauth.Authenticator(checkedByChi)(tool))

	answered := func(h http.Handler) func(*http.Request) *http.Response {
		return func(r *http.Request) *http.Response {
			w := httptest.NewRecorder()
			h.ServeHTTP(w, r)
			return w.Result()
		}
	}
	failed := false
	for _, c := range []struct {
		name string
		do   func(*http.Request) *http.Response
		want [3]int
	}{
		{"auth0/go-jwt-middleware", answered(auth0), [3]int{400, 500, 401}},
		{"gofiber/contrib/jwt", func(r *http.Request) *http.Response {
			res, err := onFiber.Test(r)
			if err != nil {
				panic(err)
			}
			return res
		}, [3]int{400, 400, 401}},
		{"labstack/echo-jwt", answered(onEcho), [3]int{401, 401, 401}},
		{"go-chi/jwtauth", answered(onChi), [3]int{401, 401, 401}},
	} {
		got, challenge := [3]int{}, ""
		for i, authorization := range []string{"", "Basic YWRhOnNlY3JldA==", "Bearer abc"} {
			req := httptest.NewRequest("POST", "/mcp", strings.NewReader("{}"))
			if authorization != "" {
				req.Header.Set("Authorization", authorization)
			}
			res := c.do(req)
			got[i] = res.StatusCode
			challenge += res.Header.Get("WWW-Authenticate")
		}
		fmt.Printf("%s: without a token %d, with Basic %d, with a bad token %d, challenge %q\n", c.name, got[0], got[1], got[2], challenge)
		if got != c.want || challenge != "" {
			fmt.Println("CHANGED: expected", c.want, "and no challenge")
			failed = true
		}
	}
	if failed {
		os.Exit(1)
	}
}
EOF
go mod tidy >tidy.log 2>&1 || { cat tidy.log; exit 1; }
for want in github.com/auth0/go-jwt-middleware/v2@v2.3.1 github.com/gofiber/contrib/jwt@v1.1.2 github.com/labstack/echo-jwt/v4@v4.4.0 github.com/go-chi/jwtauth/v5@v5.3.3; do
  [ "$(go list -m -f '{{.Version}}' "${want%@*}")" = "${want#*@}" ] || { echo "CHANGED: another version of ${want%@*} was chosen"; exit 1; }
done
go run . 2>log.txt || { cat log.txt; exit 1; }
echo "as stated"
