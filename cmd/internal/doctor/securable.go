package doctor

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"

	"ucbridge/bridge/databricks"
	"ucbridge/bridge/refusal"
	"ucbridge/bridge/unitycatalog"
	"ucbridge/cmd/internal/commandline"
)

// securable is the connection or the MCP service in the catalog.
type securable struct {
	target    databricks.Target
	workspace *workspace
	routes    *routes
	nearest   func(context.Context, *unitycatalog.Catalog, *refusal.Error) string
	commands  commandline.Commands

	found  unitycatalog.Server // find
	unseen bool                // find: it exists, and the user may not see it
}

// kind is that of the target, where it is not a URL.
func (s *securable) kind() unitycatalog.Kind {
	if s.target.Service != "" {
		return unitycatalog.Service
	}
	return unitycatalog.Connection
}

// name is what the target is called in the catalog.
func (s *securable) name() string { return cmp.Or(s.target.Connection, s.target.Service) }

// find looks the connection or the MCP service up in the catalog.
func (s *securable) find(ctx context.Context) Finding {
	server, err := s.workspace.catalog.Find(ctx, s.kind(), s.name())
	refused, isRefusal := errors.AsType[*refusal.Error](err)
	switch {
	case err == nil:
	case isRefusal && refused.Data.Reason == refusal.MissingScope:
		s.unseen = true
		return skipped("the token has no right to read the catalog")
	case isRefusal && refused.ServerStatus() == http.StatusForbidden:
		s.unseen = true
		return ok("%q exists", s.name())
	case isRefusal && refused.ServerStatus() == http.StatusNotFound:
		f := fault(err)
		f.Detail = refused.Message
		hint := "list connections with: " + s.commands.ForWorkspace("connections")
		if near := s.nearest(ctx, s.workspace.catalog, refused); near != "" {
			hint = near + " If not, " + hint
		}
		return f.withHint("%s", hint)
	default:
		return fault(err)
	}
	s.found = server
	if server.ConnectionDeleted {
		return failed("%q exists, but its connection %q has been deleted", s.name(), refusal.Quote(server.Connection)).
			withHint("ask the owner of the MCP service, %s, to give it another connection", cmp.Or(refusal.Quote(server.Owner), "whoever that is"))
	}
	detail := fmt.Sprintf("%q exists, credential %s", s.name(), cmp.Or(refusal.Quote(server.Credential), "unknown"))
	if server.Owner != "" {
		detail += ", owner " + refusal.Quote(server.Owner)
	}
	return ok("%s", detail).withData(map[string]any{"type": server.Type, "credential": server.Credential, "owner": server.Owner})
}

// privilege is the one that the target takes.
func (s *securable) privilege() string {
	if s.kind() == unitycatalog.Service {
		return "EXECUTE"
	}
	return "USE CONNECTION"
}

// permission tells whether the user may use the target. The catalog's grants are
// not the last word, since groups of groups are in none of its answers; where
// they do not say yes, a message is sent and its refusal read.
func (s *securable) permission(ctx context.Context) Finding {
	if !s.unseen {
		server := s.found
		s.workspace.catalog.Inspect(ctx, &server)
		if server.Usable == unitycatalog.Yes {
			return ok("you have %s", s.privilege())
		}
	}
	s.routes.knock(ctx)
	for _, a := range s.routes.answers {
		switch reason(a.err) {
		case refusal.ConnectionForbidden, refusal.ServiceForbidden, refusal.ServiceNotFound:
			f := fault(a.err)
			f.Hint = refusal.ForUser(f.Hint, s.workspace.me)
			return f
		}
	}
	if s.routes.letIn() {
		return ok("you have %s", s.privilege())
	}
	return skipped("the catalog does not say whether you have %s", s.privilege())
}

// signIn tells whether the user has signed in to a target that wants each user's
// own login.
func (s *securable) signIn(ctx context.Context) Finding {
	answer, until := unitycatalog.Unknown, time.Time{}
	if !s.unseen {
		answer, until, _ = s.workspace.catalog.SignedIn(ctx, s.found)
	}
	switch answer {
	case unitycatalog.NotNeeded:
		return ok("not needed: all users share the credential of the %s", words[s.kind()])
	case unitycatalog.Yes:
		if until.IsZero() {
			return ok("you have signed in")
		}
		return ok("you have signed in, until %s", until.Local().Format(time.DateOnly)).withData(map[string]string{"expires": until.UTC().Format(time.RFC3339)})
	}
	s.routes.knock(ctx)
	for _, a := range s.routes.answers {
		switch reason(a.err) {
		case refusal.ConnectionLoginRequired, refusal.ConnectionLoginExpired:
			return s.signInFirst(ctx, fault(a.err))
		}
	}
	if s.routes.letIn() {
		return ok("you have signed in, or need not")
	}
	if answer == unitycatalog.No {
		return s.signInFirst(ctx, failed("you are not signed in to the %s %q yet", words[s.kind()], s.name()))
	}
	return skipped("it is unknown whether you have signed in")
}

var words = map[unitycatalog.Kind]string{unitycatalog.Connection: "connection", unitycatalog.Service: "MCP service"}

// signInFirst adds the cure. The link is for programs; the command opens it.
func (s *securable) signInFirst(ctx context.Context, f Finding) Finding {
	if link, err := s.workspace.client.SignInPage(ctx, s.plainTarget()); err == nil {
		f = f.withData(map[string]string{"url": link})
	}
	return f.withHint("%s", s.commands.ForWorkspace("login", "--"+string(s.kind()), s.name()))
}

// plainTarget is the target without the way to it.
func (s *securable) plainTarget() databricks.Target {
	return databricks.Target{Connection: s.target.Connection, Service: s.target.Service}
}

const (
	// maxShown is how many connections are named.
	maxShown = 5
	// choicesTimeout bounds the lists that they are taken from.
	choicesTimeout = 5 * time.Second
)

// choices says, where no target was named, which there are.
func (s *securable) choices(ctx context.Context) Finding {
	timed, cancel := context.WithTimeout(ctx, choicesTimeout) // of a large metastore some are enough
	defer cancel()
	var connections, services []unitycatalog.Server
	var err error
	var listing sync.WaitGroup
	listing.Go(func() { connections, err = s.workspace.catalog.Connections(timed) })
	listing.Go(func() { services, _ = s.workspace.catalog.Services(timed) })
	listing.Wait()
	if err != nil && len(connections)+len(services) == 0 {
		return fault(err)
	}
	var names []string
	flag := ""
	for _, one := range append(connections, services...) {
		if flag == "" {
			flag = "--" + string(one.Kind) + " " + refusal.Quote(one.Name)
		}
		names = append(names, refusal.Quote(one.Name))
	}
	if len(names) == 0 {
		return ok("you can see no connection and no MCP service").withHint("ask a metastore admin for USE CONNECTION on one")
	}
	data := map[string]any{"names": names}
	more := ""
	if len(names) > maxShown {
		names, more = names[:maxShown], fmt.Sprintf(" and %d more", len(names)-maxShown)
	}
	return ok("you can see %s%s", strings.Join(names, ", "), more).withData(data).
		withHint("check one of them with: %s", s.commands.ForWorkspace(append([]string{"doctor"}, strings.Fields(flag)...)...))
}
