package doctor

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"strings"

	"ucbridge/bridge/databricks"
	"ucbridge/bridge/refusal"
	"ucbridge/bridge/unitycatalog"
)

// name is what the target is called in the catalog.
func (e *Exam) name() string { return cmp.Or(e.Target.Connection, e.Target.Service) }

// securable looks the connection or the MCP service up in the catalog.
func (e *Exam) securable(ctx context.Context) Finding {
	server, err := e.catalog.Find(ctx, e.kind(), e.name())
	refused, isRefusal := errors.AsType[*refusal.Error](err)
	switch {
	case err == nil:
	case isRefusal && refused.Data.Reason == refusal.MissingScope:
		e.unseen = true
		return skipped("the token has no right to read the catalog")
	case isRefusal && refused.Data.HTTPStatus == http.StatusForbidden:
		e.unseen = true
		return ok("%q exists", e.name())
	case isRefusal && refused.Data.HTTPStatus == http.StatusNotFound:
		f := fault(err)
		f.Detail = refused.Message
		return f.withHint("see what there is: %s", e.command("connections"))
	default:
		return fault(err)
	}
	e.found = server
	detail := fmt.Sprintf("%q exists, credential %s", e.name(), cmp.Or(refusal.Quote(server.Credential), "unknown"))
	if server.Owner != "" {
		detail += ", owner " + refusal.Quote(server.Owner)
	}
	return ok("%s", detail).withData(map[string]any{"type": server.Type, "credential": server.Credential, "owner": server.Owner})
}

// privilege is the one that the target takes.
func (e *Exam) privilege() string {
	if e.kind() == unitycatalog.Service {
		return "EXECUTE"
	}
	return "USE CONNECTION"
}

// permission tells whether the user may use the target. The catalog's grants are
// not the last word, since groups of groups are in none of its answers; where
// they do not say yes, a message is sent and its refusal read.
func (e *Exam) permission(ctx context.Context) Finding {
	if !e.unseen {
		server := e.found
		e.catalog.Inspect(ctx, &server)
		if server.Usable == unitycatalog.Yes {
			return ok("you have %s", e.privilege())
		}
	}
	e.knock(ctx)
	for _, a := range e.answers {
		switch reason(a.err) {
		case refusal.ConnectionForbidden, refusal.ServiceForbidden, refusal.ServiceNotFound:
			f := fault(a.err)
			f.Hint = e.addressed(f.Hint)
			return f
		}
	}
	if e.letIn() {
		return ok("you have %s", e.privilege())
	}
	return skipped("the catalog does not tell whether you have %s", e.privilege())
}

// principal is a name that may stand in a command.
var principal = regexp.MustCompile(`^[A-Za-z0-9._%+@-]+$`)

// addressed puts the user's name into a command that asks for it.
func (e *Exam) addressed(hint string) string {
	if !principal.MatchString(e.me) {
		return hint
	}
	return strings.ReplaceAll(hint, "<you>", e.me)
}

// signIn tells whether the user has signed in to a target that wants each user's
// own login.
func (e *Exam) signIn(ctx context.Context) Finding {
	answer := unitycatalog.Unknown
	if !e.unseen {
		answer, _ = e.catalog.SignedIn(ctx, e.found)
	}
	switch answer {
	case unitycatalog.NotNeeded:
		return ok("not needed: everybody goes by the credential of the %s", words[e.kind()])
	case unitycatalog.Yes:
		return ok("you have signed in")
	}
	e.knock(ctx)
	for _, a := range e.answers {
		switch reason(a.err) {
		case refusal.ConnectionLoginRequired, refusal.ConnectionLoginExpired:
			return e.signInFirst(ctx, fault(a.err))
		}
	}
	if e.letIn() {
		return ok("you have signed in, or need not")
	}
	if answer == unitycatalog.No {
		return e.signInFirst(ctx, failed("you are not signed in to the %s %q yet", words[e.kind()], e.name()))
	}
	return skipped("it cannot be told whether you have signed in")
}

var words = map[unitycatalog.Kind]string{unitycatalog.Connection: "connection", unitycatalog.Service: "MCP service"}

// signInFirst adds the cure. The link is for programs; the command opens it.
func (e *Exam) signInFirst(ctx context.Context, f Finding) Finding {
	if link, err := e.Workspace.SignInPage(ctx, e.plainTarget()); err == nil {
		f = f.withData(map[string]string{"url": link})
	}
	return f.withHint("%s", e.command("login", "--"+string(e.kind()), e.name()))
}

// plainTarget is the target without the way to it.
func (e *Exam) plainTarget() databricks.Target {
	return databricks.Target{Connection: e.Target.Connection, Service: e.Target.Service}
}

// mostShown is how many connections are named.
const mostShown = 5

// connections says, where no target was named, which there are.
func (e *Exam) connections(ctx context.Context) Finding {
	var names []string
	connections, err := e.catalog.Connections(ctx)
	services, _ := e.catalog.Services(ctx)
	if err != nil && len(services) == 0 {
		return fault(err)
	}
	flag := ""
	for _, s := range append(connections, services...) {
		if flag == "" {
			flag = "--" + string(s.Kind) + " " + refusal.Quote(s.Name)
		}
		names = append(names, refusal.Quote(s.Name))
	}
	if len(names) == 0 {
		return ok("you can see no connection and no MCP service").withHint("ask a metastore admin for USE CONNECTION on one")
	}
	data := map[string]any{"names": names}
	more := ""
	if len(names) > mostShown {
		names, more = names[:mostShown], fmt.Sprintf(" and %d more", len(names)-mostShown)
	}
	return ok("you can see %s%s", strings.Join(names, ", "), more).withData(data).
		withHint("to check the way to one: %s", e.command(append([]string{"doctor"}, strings.Fields(flag)...)...))
}
