package config

import (
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"

	"ucbridge/config/route"
)

// Endpoint is one MCP server that a gateway serves. Exactly one of Connection and
// Service is set; Route and Path are the connection's, as in Config.
type Endpoint struct {
	Connection, Service string
	Route, Path         string
	// Alias takes the name's place in the address.
	Alias string
}

// Location is the path at which the endpoint is served: /mcp/github.
func (e Endpoint) Location() string {
	prefix, name := "/mcp/", e.Connection
	if e.Service != "" {
		prefix, name = "/mcp-services/", e.Service
	}
	if e.Alias != "" {
		name = e.Alias
	}
	return prefix + url.PathEscape(name)
}

// endpointFile is the file that --config names:
//
//	connections:
//	  - name: github
//	    route: proxy     # as --route
//	    path: /mcp       # behind the connection's base path
//	    alias: gh        # served at /mcp/gh
//	services:
//	  - name: system.ai.github
//	policy: /etc/gateway/policy.yaml  # as --policy, which goes first
//	audit: /var/log/gateway.jsonl     # as --audit
type endpointFile struct {
	Connections []struct {
		Name, Route, Path, Alias string
	}
	Services []struct {
		Name, Alias string
	}
	Policy, Audit string
}

// findEndpoints puts together what flags and file name.
func (g *Gateway) findEndpoints(read func(string) ([]byte, error)) error {
	for _, name := range g.Connections.Value {
		g.Endpoints = append(g.Endpoints, Endpoint{Connection: name, Route: g.Route.Value})
	}
	for _, name := range g.Services.Value {
		g.Endpoints = append(g.Endpoints, Endpoint{Service: name})
	}
	if g.File.Value != "" {
		if err := g.readFile(read); err != nil {
			return err
		}
	}
	if len(g.Endpoints) == 0 {
		return &Error{
			Problem: "nothing to serve: give --connection, --mcp-service or --config",
			Hint:    "for example: ucbridge serve --connection github",
		}
	}
	seen := make(map[string]bool)
	for _, e := range g.Endpoints {
		at := e.Location()
		if seen[at] {
			return &Error{Problem: "two things to serve at " + at, Hint: "give one of them an alias in the file of --config"}
		}
		seen[at] = true
	}
	return nil
}

func (g *Gateway) readFile(read func(string) ([]byte, error)) error {
	raw, err := read(g.File.Value)
	if err != nil {
		return &Error{Problem: fmt.Sprintf("reading the file of %s: %v", g.File.Source.spelled(), err)}
	}
	var file endpointFile
	if err := yaml.UnmarshalWithOptions(raw, &file, yaml.Strict()); err != nil {
		return g.fileFault(yaml.FormatError(err, false, true))
	}
	for i, c := range file.Connections {
		e := Endpoint{Connection: c.Name, Route: c.Route, Path: c.Path, Alias: c.Alias}
		if e.Route == "" {
			e.Route = g.Route.Value
		}
		if err := e.check(); err != nil {
			return g.fileFault(fmt.Sprintf("connections[%d]: %v", i, err))
		}
		g.Endpoints = append(g.Endpoints, e)
	}
	for i, s := range file.Services {
		e := Endpoint{Service: s.Name, Alias: s.Alias}
		if err := e.check(); err != nil {
			return g.fileFault(fmt.Sprintf("services[%d]: %v", i, err))
		}
		g.Endpoints = append(g.Endpoints, e)
	}
	for set, file := range map[*Value[string]]string{&g.Policy: file.Policy, &g.Audit: file.Audit} {
		if file != "" && !set.Given() {
			*set = Value[string]{file, Source("file " + g.File.Value)}
		}
	}
	return nil
}

func (g *Gateway) fileFault(problem string) error {
	return &Error{
		Problem: fmt.Sprintf("%s: %s", g.File.Value, strings.TrimSpace(problem)),
		Hint:    "it holds lists \"connections\" (name, route, path, alias) and \"services\" (name, alias), and may name files as \"policy\" and \"audit\"",
	}
}

// check refuses what would not lead to an address; names are checked where they
// are used.
func (e Endpoint) check() error {
	switch {
	case e.Connection == "" && e.Service == "":
		return errors.New("name is missing")
	case e.Route != "" && !slices.Contains(route.Choices(), e.Route):
		return fmt.Errorf("route %q: want one of %s", e.Route, strings.Join(route.Choices(), ", "))
	case strings.Contains(e.Alias, "/"):
		return fmt.Errorf("alias %q holds a slash", e.Alias)
	case e.Alias == "." || e.Alias == "..":
		return fmt.Errorf("alias %q is no step of a path", e.Alias)
	}
	return nil
}
