package unitycatalog

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"

	"ucbridge/bridge/refusal"
)

const (
	// inspecting is how many servers are asked about at a time.
	inspecting = 16
	// maxInspected is how many servers are asked about at all: each takes a call or
	// two.
	maxInspected = 200
)

// source is where servers of one kind are found.
type source struct {
	kind Kind
	what string // in sentences
	list func(c *Catalog, ctx context.Context, schema string) ([]Server, error)
	// large says that it takes a call for each schema, whoever asks; it is listed where
	// its kind or a schema is named.
	large bool
}

// sources are listed in this order. A new kind is a row here.
var sources = []source{
	{kind: Connection, what: "connections", list: (*Catalog).connections},
	{kind: Service, what: "MCP services", list: (*Catalog).services},
	{kind: Genie, what: "Genie agents", list: (*Catalog).genie},
	{kind: AISearch, what: "AI Search indexes", list: (*Catalog).aiSearch},
	{kind: SQL, what: "Databricks SQL", list: (*Catalog).sql},
	{kind: Functions, what: "functions", list: (*Catalog).functions, large: true},
	{kind: App, what: "Apps", list: (*Catalog).apps},
}

// Kinds are all kinds of servers, in the order of an overview.
func Kinds() []Kind {
	var kinds []Kind
	for _, s := range sources {
		kinds = append(kinds, s.kind)
	}
	return kinds
}

// Selection is what of everything is wanted.
type Selection struct {
	Kinds  []Kind // nil means all
	Schema string // catalog.schema; "" means all
}

// takes reports whether a source is asked.
func (s Selection) takes(from source) bool {
	if s.Kinds == nil {
		return !from.large || s.Schema != ""
	}
	return slices.Contains(s.Kinds, from.kind)
}

// Overview is everything there is to choose from.
type Overview struct {
	// Servers are in the order of Kinds, each kind by name.
	Servers []Server
	// Notes say, in a sentence each, what could not be listed and why.
	Notes []string
}

// Overview lists what is selected and inspects connections and MCP services. Where
// one of the lists is refused, a note says so, unless that is of a product which the
// workspace lacks and nobody has asked for. The error is that of the first list where
// nothing at all could be listed, or where the user is not signed in. progress, if
// not nil, is told how far the inspection is, by one goroutine at a time.
func (c *Catalog) Overview(ctx context.Context, selected Selection, progress func(done, total int)) (Overview, error) {
	var asked []source
	for _, from := range sources {
		if selected.takes(from) {
			asked = append(asked, from)
		}
	}
	lists, errs := make([][]Server, len(asked)), make([]error, len(asked))
	var listing sync.WaitGroup
	for i, from := range asked {
		listing.Go(func() { lists[i], errs[i] = from.list(c, ctx, selected.Schema) })
	}
	listing.Wait()
	if ctx.Err() != nil {
		return Overview{}, ctx.Err()
	}
	o := Overview{Servers: slices.Concat(lists...)}
	for i, err := range errs {
		if i == 0 && err != nil && !errors.Is(err, errPartial) && (!refused(err) || len(o.Servers) == 0) {
			return Overview{}, err
		}
		if note := asked[i].note(err, selected.Kinds != nil); note != "" {
			o.Notes = append(o.Notes, note)
		}
	}
	credentials(o.Servers)
	return o, c.inspectAll(ctx, &o, progress)
}

// note says what is missing from a list, "" where that is no news.
func (s source) note(err error, named bool) string {
	securable := s.kind == Connection || s.kind == Service
	switch {
	case err == nil:
		return ""
	case errors.Is(err, errPartial):
		return fmt.Sprintf("Not all could be asked for %s: the list may not be whole.", s.what)
	case notOffered(err) && s.kind != Connection:
		if !securable && !named {
			return ""
		}
		return strings.ToUpper(s.what[:1]) + s.what[1:] + " are not enabled on this workspace."
	case refused(err) && !securable && !named:
		return ""
	}
	return err.Error()
}

// credentials fills in which credential each service goes by, where its connection
// is one that the user can see.
func credentials(servers []Server) {
	of := make(map[string]Server)
	for _, s := range servers {
		if s.Kind == Connection {
			of[s.Name] = s
		}
	}
	for i, s := range servers {
		if s.Kind == Service && s.Credential == "" && !s.PerUser {
			behind := of[s.Connection]
			servers[i].Credential, servers[i].PerUser = behind.Credential, behind.PerUser
		}
	}
}

// inspectAll inspects what is in the catalog.
func (c *Catalog) inspectAll(ctx context.Context, o *Overview, progress func(done, total int)) error {
	if progress == nil {
		progress = func(int, int) {}
	}
	var asked []*Server
	known := 0
	for i := range o.Servers {
		if s := &o.Servers[i]; s.catalogued() {
			if known++; known <= maxInspected {
				asked = append(asked, s)
			}
		}
	}
	if len(asked) < known {
		o.Notes = append(o.Notes, fmt.Sprintf("Of %d, only the first %d were asked whether you may use them.", known, len(asked)))
	}
	var telling sync.Mutex
	done := 0
	each(asked, inspecting, func(s *Server) {
		if ctx.Err() != nil {
			return
		}
		c.Inspect(ctx, s)
		telling.Lock()
		defer telling.Unlock()
		done++
		progress(done, len(asked))
	})
	return ctx.Err()
}

// refused reports whether the error is Databricks' lasting no to one API, and not
// to everything: another list may well be allowed.
func refused(err error) bool {
	refused, ok := errors.AsType[*refusal.Error](err)
	if !ok || refused.Data.Reason == refusal.NotAuthenticated {
		return false
	}
	return refused.ServerStatus() == http.StatusForbidden || absent(refused)
}

// notOffered reports whether the error of Services says that MCP services are
// not enabled on the workspace.
func notOffered(err error) bool {
	refused, ok := errors.AsType[*refusal.Error](err)
	return ok && absent(refused)
}

func absent(refused *refusal.Error) bool {
	return refused.ServerStatus() == http.StatusNotFound || refused.ServerStatus() == http.StatusNotImplemented
}

// worded puts the refusal of a list into words: what the user may do is more
// than what the API's refusal says.
func worded(what string, err error) error {
	refused, ok := errors.AsType[*refusal.Error](err)
	switch {
	case !ok:
		return fmt.Errorf("listing %s: %w", what, err)
	case refused.Data.Reason == refusal.EndpointNotFound:
		refused.Message = fmt.Sprintf("The workspace does not list %s.", what)
		return refused.WithHint("ask a workspace admin whether the workspace is enabled for Unity Catalog and for %s", what)
	case refused.Data.Reason == refusal.WorkspaceError && refused.Data.HTTPStatus == http.StatusForbidden:
		refused.Message = fmt.Sprintf("You may not list %s: %s", what, refused.Data.Detail)
		return refused.WithHint("ask a metastore admin; a connection whose name you know works without the list: ucbridge stdio --connection NAME")
	case refused.Data.Reason == refusal.WorkspaceError:
		refused.Message = fmt.Sprintf("Databricks does not list %s (HTTP %d): %s", what, refused.Data.HTTPStatus, refused.Data.Detail)
	}
	return refused
}
