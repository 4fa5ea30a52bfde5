package databricks

import (
	"errors"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/databricks/databricks-sdk-go/config"

	"ucbridge/bridge/databricks/origin"
	"ucbridge/bridge/emulator"
	"ucbridge/bridge/refusal"
	"ucbridge/config/route"
)

// Every route of the table has an address, and every choice is carried by it
// through the emulated workspace. What fails here names what a new row still
// takes.
func TestEveryRoute(t *testing.T) {
	t.Parallel()
	base, err := origin.Parse("w.test")
	if err != nil {
		t.Fatal(err)
	}
	d := destination{connection: "github", service: "a.b.c", url: base.JoinPath("x")}
	// A route that destination.address does not know gets that of workspace-path.
	addresses := map[string]route.Name{d.url.String(): route.WorkspacePath}
	for _, r := range route.Routes {
		if r.Tries != nil || slices.Contains([]route.Name{route.API, route.MCPExternalURL, route.WorkspacePath, route.App}, r.Name) {
			continue // of others, or given whole
		}
		to, err := d.address(r.Name, base)
		if err != nil {
			t.Errorf("%s has no address: %v", r.Name, err)
			continue
		}
		if other, taken := addresses[to.String()]; taken {
			t.Errorf("%s has the address of %s: give it one of its own in destination.address (route.go)", r.Name, other)
			continue
		}
		addresses[to.String()] = r.Name
	}

	w, err := emulator.Start(emulator.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { w.Close() })
	reference, err := os.ReadFile("../../docs/protocol.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range route.Choices() {
		if !strings.Contains(string(reference), "`"+name+"`") && !strings.Contains(string(reference), "--route "+name) {
			t.Errorf("docs/protocol.md does not tell of the route %q", name)
		}
		if !slices.Contains(slices.Collect(maps.Values(addresses)), route.Name(name)) {
			continue // auto, or reported above
		}
		r := open(t, Options{Target: Target{Connection: "github", Route: name}, Host: w.URL()},
			func(cfg *config.Config) { cfg.Token = "dapi-demo-ada" })
		if status, body, err := roundTrip(r, post(t, r, ping)); status/100 == 5 || err != nil {
			t.Errorf("%s: %d %s %v", name, status, body, err)
		}
		if !slices.ContainsFunc(w.Exchanges(), func(e emulator.Exchange) bool { return e.Route == name && e.Connection == "github" }) {
			t.Errorf("the emulator does not know the route %q: add it in bridge/emulator/call.go", name)
		}
	}
}

// The scope of a route is the one that the emulated workspace asks for.
func TestEveryRouteNeedsItsScope(t *testing.T) {
	t.Parallel()
	w, err := emulator.Start(emulator.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { w.Close() })
	for _, name := range route.Choices() {
		scope := route.Of(route.Name(name)).Scope
		for _, given := range []string{scope, "another-scope"} {
			token := "dapi-" + name + "-" + given
			w.AddUser(emulator.User{Name: token + "@example.com", PAT: token, Scopes: []string{given}})
			r := open(t, Options{Target: Target{Connection: "github", Route: name}, Host: w.URL()},
				func(cfg *config.Config) { cfg.Token = token })
			_, _, err := roundTrip(r, post(t, r, ping))
			e, _ := errors.AsType[*refusal.Error](err)
			if refused := e != nil && e.Data.Reason == refusal.MissingScope; refused != (given != scope) {
				t.Errorf("%s with scope %s: %v (routeScopes in bridge/emulator/call.go)", name, given, err)
			}
		}
	}
}

// What a route tries in its place are routes of the table that are choices.
func TestTries(t *testing.T) {
	t.Parallel()
	for _, r := range route.Routes {
		for _, next := range r.Tries {
			if tried := route.Of(next); !tried.Choice || tried.Tries != nil {
				t.Errorf("%s tries %s", r.Name, next)
			}
		}
	}
}
