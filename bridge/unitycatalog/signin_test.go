package unitycatalog

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"
)

// The end of a sign-in is that of the token by which the next ones are got.
func TestSignInExpires(t *testing.T) {
	t.Parallel()
	// Inside, it is midnight of 2000-01-01 UTC.
	const path = root + "mcp-services/a.b.c/user-credentials"
	tests := []struct {
		options, state string
		want           Answer
		until          string
	}{
		{`{"access_token_expiration":"2000-01-01T01:00:00Z","refresh_token_expiration":"2000-06-01T00:00:00Z"}`, "ACTIVE", Yes, "2000-06-01"},
		{`{"access_token_expiration":"1999-12-31T01:00:00Z","refresh_token_expiration":"2000-06-01T00:00:00Z"}`, "ACTIVE", Yes, "2000-06-01"},
		{`{"access_token_expiration":"2000-01-02T00:00:00Z"}`, "ACTIVE", Yes, "2000-01-02"},
		{`{"access_token_expiration":"1999-12-31T01:00:00Z"}`, "ACTIVE", No, "0001-01-01"},
		{`{"access_token_expiration":"946857600000"}`, "ACTIVE", Yes, "2000-01-03"},
		{`{"access_token_expiration":"tomorrow"}`, "ACTIVE", Yes, "0001-01-01"},
		{`{"access_token_expiration":"2000-01-02T00:00:00Z"}`, "FAILED", No, "0001-01-01"},
	}
	for _, tt := range tests {
		synctest.Test(t, func(t *testing.T) {
			api := &script{answers: map[string][]any{path: {fmt.Sprintf(`{"options":%s,"provisioning_info":{"state":%q}}`, tt.options, tt.state)}}}
			got, until, err := New(api).SignedIn(t.Context(), Server{Kind: Service, Name: "a.b.c", PerUser: true})
			if err != nil || got != tt.want || until.UTC().Format(time.DateOnly) != tt.until {
				t.Errorf("%s, %s: %s until %s, %v; want %s until %s", tt.options, tt.state, got, until, err, tt.want, tt.until)
			}
		})
	}
}
