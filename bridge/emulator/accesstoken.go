package emulator

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"
	"time"
)

// tokenKey signs the workspace's OAuth access tokens.
//
// Verified: they are JWTs with a claim "scope" (databricks-sdk-java, #689), and the
// address of the keys (the metadata that accounts.cloud.databricks.com publishes).
// Assumed: the other claims, and the algorithm.
type tokenKey struct {
	private *ecdsa.PrivateKey
	id      string
	issuer  string
}

func newTokenKey(issuer string) (tokenKey, error) {
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return tokenKey{}, fmt.Errorf("making the key of access tokens: %w", err)
	}
	return tokenKey{private, rand.Text(), issuer}, nil
}

// access returns a new access token of a principal, for a client.
func (k tokenKey) access(p principal, client string, now, expires time.Time) string {
	return k.sign("at+jwt", map[string]any{
		"iss": k.issuer, "aud": workspaceID, "sub": p.name, "client_id": client, "scope": strings.Join(p.scopes, " "),
		"iat": now.Unix(), "exp": expires.Unix(), "jti": rand.Text(),
	})
}

// sign returns the claims as a JWT under ES256 (RFC 7515, RFC 7518 section 3.4).
func (k tokenKey) sign(kind string, claims map[string]any) string {
	encoded := func(v any) string {
		raw, err := json.Marshal(v)
		if err != nil {
			panic(err) // strings and numbers
		}
		return base64.RawURLEncoding.EncodeToString(raw)
	}
	signed := encoded(map[string]string{"alg": "ES256", "kid": k.id, "typ": kind}) + "." + encoded(claims)
	digest := sha256.Sum256([]byte(signed))
	r, s, err := ecdsa.Sign(rand.Reader, k.private, digest[:])
	if err != nil {
		panic(err) // the key is right and the digest short
	}
	signature := make([]byte, 64)
	r.FillBytes(signature[:32])
	s.FillBytes(signature[32:])
	return signed + "." + base64.RawURLEncoding.EncodeToString(signature)
}

// set is the public key as a JWK set (RFC 7517).
func (k tokenKey) set() map[string]any {
	point, err := k.private.PublicKey.Bytes() // 0x04, x, y
	if err != nil {
		panic(err) // it is a key of P-256
	}
	coordinate := func(raw []byte) string { return base64.RawURLEncoding.EncodeToString(raw) }
	return map[string]any{"keys": []map[string]string{{
		"kty": "EC", "crv": "P-256", "use": "sig", "alg": "ES256", "kid": k.id,
		"x": coordinate(point[1:33]), "y": coordinate(point[33:]),
	}}}
}
