package unitycatalog

import (
	"context"
	"fmt"
	"net/url"
	"slices"
)

// user is who asks: SCIM 2.0, as Databricks answers it.
type user struct {
	Name   string `json:"userName"`
	Groups []struct {
		Name string `json:"display"`
	} `json:"groups"`
}

// everyone is the group of all users of an account; SCIM does not list it.
const everyone = "account users"

// is reports whether a principal is the user or a group the user is in.
func (u *user) is(principal string) bool {
	if principal == u.Name || principal == everyone {
		return true
	}
	for _, group := range u.Groups {
		if principal == group.Name && principal != "" {
			return true
		}
	}
	return false
}

// Me returns the name by which Databricks knows the user: an e-mail address, or
// the client id of a service principal.
func (c *Catalog) Me(ctx context.Context) (string, error) {
	u, err := c.whoami(ctx)
	if err != nil {
		return "", err
	}
	return u.Name, nil
}

func (c *Catalog) whoami(ctx context.Context) (*user, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.me != nil {
		return c.me, nil
	}
	var u user
	if err := c.api.Get(ctx, "/api/2.0/preview/scim/v2/Me", nil, &u); err != nil {
		return nil, fmt.Errorf("asking who is signed in: %w", err)
	}
	c.me = &u
	return c.me, nil
}

// Inspect finds out whether the user may use the server and has signed in to it,
// and fills both in. What cannot be told, or not before ctx ends, stays Unknown.
func (c *Catalog) Inspect(ctx context.Context, s *Server) {
	s.Usable, s.SignedIn = Unknown, Unknown
	if usable, err := c.usable(ctx, *s); err == nil {
		s.Usable = usable
	}
	if signedIn, until, err := c.SignedIn(ctx, *s); err == nil {
		s.SignedIn, s.SignInExpires = signedIn, until
	}
}

// grants is a page of effective permissions (databricks-sdk-go service/catalog
// EffectivePermissionsList).
type grants struct {
	Assignments []assignment `json:"privilege_assignments"`
	Next        string       `json:"next_page_token"`
}

type assignment struct {
	Principal  string `json:"principal"`
	Privileges []struct {
		Privilege string `json:"privilege"`
	} `json:"privileges"`
}

// gives reports whether the privilege is among those of the assignment.
func (a assignment) gives(privilege string) bool {
	for _, p := range a.Privileges {
		if p.Privilege == privilege || p.Privilege == "ALL_PRIVILEGES" {
			return true
		}
	}
	return false
}

// usable tells whether the user has the privilege to use the server. First the
// user's own grants are asked for, which everybody may see; whether they name
// the groups of the user is not documented, so that a missing one is looked for
// among all grants, which only some may see.
func (c *Catalog) usable(ctx context.Context, s Server) (Answer, error) {
	me, err := c.whoami(ctx)
	if err != nil {
		return Unknown, err
	}
	if me.is(s.Owner) { // owners have all privileges
		return Yes, nil
	}
	securable, privilege := "connection", "USE_CONNECTION"
	if s.Kind == Service {
		securable, privilege = "mcp_service", "EXECUTE"
	}
	path := root + "effective-permissions/" + securable + "/" + url.PathEscape(s.Name)
	for _, query := range []url.Values{
		{"max_results": {"0"}, "principal": {me.Name}},
		{"max_results": {"0"}},
	} {
		all, err := pages(ctx, c.api, path, query, func(page *grants) ([]assignment, string) { return page.Assignments, page.Next })
		if err != nil {
			return Unknown, err
		}
		if slices.ContainsFunc(all, func(a assignment) bool { return me.is(a.Principal) && a.gives(privilege) }) {
			return Yes, nil
		}
	}
	return No, nil
}
