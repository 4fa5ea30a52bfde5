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
	if resp.StatusCode != http.StatusOK {
		e := unknown("The workspace does not say who is calling (HTTP %d).", resp.StatusCode)
		e.Data.Retryable = resp.StatusCode == http.StatusTooManyRequests || resp.StatusCode >= http.StatusInternalServerError
		return User{}, e
	}
	raw, err := io.ReadAll(io.LimitReader(resp.Body, maxRecord+1))
	switch {
	case ctx.Err() != nil:
		return User{}, fmt.Errorf("asking who calls: %w", context.Cause(ctx))
	case err != nil:
		e := unknown("The connection broke before the workspace had said who is calling.").Because(err)
		e.Data.Retryable = true
		return User{}, e
	case len(raw) > maxRecord:
		return User{}, unknown("The workspace's record of who is calling is larger than %d MiB.", maxRecord>>20)
	}
	return read(raw)
}

// read reads a record. RFC 7643 wants its names matched without regard to case (section
// 2.1), as encoding/json does. A group without a display name is one that no rule can name.
func read(raw []byte) (User, error) {
	var record struct {
		UserName string `json:"userName"`
		Groups   []struct {
			Display string `json:"display"`
		} `json:"groups"`
	}
	if err := json.Unmarshal(raw, &record); err != nil {
		return User{}, unknown("The workspace's answer to who is calling cannot be read.").Because(err)
	}
	if record.UserName == "" {
		return User{}, unknown("The workspace's record of who is calling has no user name.")
	}
	user := User{Name: record.UserName}
	for _, group := range record.Groups {
		if group.Display != "" {
			user.Groups = append(user.Groups, group.Display)
		}
	}
	return user, nil
}

func unknown(format string, args ...any) *refusal.Error {
	return refusal.New(refusal.IdentityUnknown, format, args...).WithHint("see what the workspace says with: databricks current-user me")
}
