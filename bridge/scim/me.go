// Package scim asks a Databricks workspace who somebody is. SCIM 2.0 is RFC 7643.
package scim

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"

	"ucbridge/bridge/refusal"
)

// MePath is where a workspace says who asks (Databricks SDK, service/iam,
// CurrentUserAPI.Me).
const MePath = "/api/2.0/preview/scim/v2/Me"

// maxRecord bounds a record, in bytes. Users of large companies are in thousands of
// groups, each about 200 bytes.
const maxRecord = 8 << 20

// User is who asks.
type User struct {
	// Name is a user's name, or the application id of a service principal.
	Name string
	// Groups are the display names of the groups that the record lists.
	Groups []string
}

// Me asks over a transport that leads to [MePath]. The error is a [*refusal.Error] where
// the workspace answers and does not say who it is.
func Me(ctx context.Context, transport http.RoundTripper) (User, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://workspace.invalid", nil)
	if err != nil {
		return User{}, err
	}
	resp, err := transport.RoundTrip(req)
	if err != nil {
		return User{}, fmt.Errorf("asking who calls: %w", err)
	}
	defer resp.Body.Close()
	var record struct {
		UserName string `json:"userName"`
		Groups   []struct {
			Display string `json:"display"`
		} `json:"groups"`
	}
	err = json.NewDecoder(io.LimitReader(resp.Body, maxRecord)).Decode(&record)
	if resp.StatusCode != http.StatusOK || err != nil || record.UserName == "" {
		e := refusal.New(refusal.IdentityUnknown, "The workspace does not say who is calling (HTTP %d).", resp.StatusCode)
		e.Data.Retryable = resp.StatusCode >= 500
		return User{}, e
	}
	user := User{Name: record.UserName}
	for _, group := range record.Groups {
		user.Groups = append(user.Groups, group.Display)
	}
	return user, nil
}
