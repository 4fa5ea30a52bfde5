//go:build linux

package peers

import (
	"net/http/httptest"
	"strings"
	"testing"

	"ucbridge/bridge/emulator"
)

// TestSignInLink has a person's sign-in to a connection expire, in mid-session and
// before it, and looks for the link by which to sign in again in what each client
// prints: its model says what there is to open, if it was told.
func TestSignInLink(t *testing.T) {
	for _, c := range clients {
		if c.chat == nil || c.hides {
			continue
		}
		t.Run(c.name, func(t *testing.T) {
			program := c.program(t)
			for _, when := range []struct {
				name string
				call wish
				live bool
			}{
				{"in mid-session", wish{"e-cho", "{}"}, true},
				{"before it", wish{"ucbridge_status", "{}"}, false},
			} {
				d := newDesk(t, c, program, when.call)
				upstream := httptest.NewServer(new(probe))
				t.Cleanup(upstream.Close)
				connection := emulator.Connection{Name: "github", Upstream: upstream.URL, MCP: true, CredentialType: "OAUTH_U2M_MAPPING"}
				signedOut := connection
				d.model.calling = func() { d.workspace.AddConnection(signedOut) }
				if when.live {
					connection.SignedIn = []string{"ada@example.com"}
				}
				d.workspace.AddConnection(connection)
				if c.settings != nil {
					c.settings(t, d.home, d.model.URL)
				}
				d.must(t, []string{ucbridge}, "install", c.name, "--connection", "github", "--profile", "DEFAULT", "--no-check")
				out := d.must(t, program, c.chat(d.model.URL)...)
				if link := d.workspace.URL() + "/explore/connections/github?o=" + d.workspace.ID(); !strings.Contains(string(out), link) {
					t.Errorf("signed out %s: the model called %q, and the client prints no %s:\n%s", when.name, d.model.called, link, out)
				}
				d.checkNoOrphans(t)
			}
		})
	}
}
