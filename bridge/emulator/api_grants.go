package emulator

import (
	"net/http"
	"slices"
	"strings"
)

// everyone is the group that holds all users of an account.
const everyone = "account users"

// securable is what grants are given on.
type securable struct {
	privilege string   // that lets one use it
	users     []string // who has it; nil means everyone
}

// securableOf finds what a request for grants names. Verified: "connection" and
// its privilege (databricks-sdk-go service/catalog), "mcp_service" and its
// (Databricks' documentation, Register an MCP service). Assumed: that capitals do
// not matter.
func (a restAPI) securableOf(c *call) (securable, *refusal) {
	name := c.r.PathValue("name")
	switch kind := strings.ToLower(c.r.PathValue("kind")); kind {
	case "connection":
		if conn, ok := a.w.catalog.connection(name); ok {
			return securable{"USE_CONNECTION", conn.Users}, nil
		}
		_, refused := a.w.catalog.admit(name, c.caller)
		return securable{}, refused
	case "mcp_service":
		if s, ok := a.w.catalog.service(name); ok {
			return securable{"EXECUTE", s.Users}, nil
		}
		return securable{}, serviceNotFound(name)
	default:
		return securable{}, invalidParameter("Unknown securable type '" + kind + "'.")
	}
}

// getPermissions lists grants on a securable. Verified: path and member names
// (databricks-sdk-go service/catalog GetPermissionsResponse).
func (a restAPI) getPermissions(c *call) {
	a.answerGrants(c, func(who, privilege string) any {
		return map[string]any{"principal": who, "privileges": []string{privilege}}
	})
}

// getEffectivePermissions lists the same grants with their origin, of one
// principal if asked. Verified: path, parameter and member names
// (EffectivePermissionsList).
func (a restAPI) getEffectivePermissions(c *call) {
	a.answerGrants(c, func(who, privilege string) any {
		return map[string]any{"principal": who, "privileges": []map[string]string{{"privilege": privilege}}}
	})
}

// answerGrants lists, page by page, grants as describe words them. Assumed: that
// grants to everyone are listed for a principal under the group's name, and
// those to other groups are not; and that who may neither use nor administer a
// securable sees the own grants alone.
func (a restAPI) answerGrants(c *call, describe func(who, privilege string) any) {
	s, refused := a.securableOf(c)
	principal := c.r.URL.Query().Get("principal")
	if refused == nil && principal != c.caller.name && !c.caller.admin && !mayUse(s.users, c.caller) {
		refused = &refusal{
			status: http.StatusForbidden, code: codePermissionDenied,
			message: "User does not have MANAGE on '" + c.r.PathValue("name") + "'.",
		}
	}
	if refused != nil {
		c.refuse(refused)
		return
	}
	users := slices.Clone(s.users)
	if s.users == nil {
		users = []string{everyone}
	}
	grants := []any{}
	for _, who := range users {
		if principal == "" || who == principal || who == everyone {
			grants = append(grants, describe(who, s.privilege))
		}
	}
	page, next, refused := paged(grants, c.r.URL.Query(), "max_results")
	if refused != nil {
		c.refuse(refused)
		return
	}
	c.answerJSON(http.StatusOK, struct {
		Assignments []any  `json:"privilege_assignments,omitempty"`
		Next        string `json:"next_page_token,omitempty"`
	}{page, next})
}
