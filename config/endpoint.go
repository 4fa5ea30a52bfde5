package config

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/url"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"

	"ucbridge/config/route"
)

// Endpoint is one MCP server of several. Exactly one of Connection, Service and URL is
// set, and a gateway serves the first two; Route and Path are the connection's, as in
// Config.
type Endpoint struct {
	Connection, Service, URL string
	Route, Path              string
	// Alias takes the name's place: in the address, and in the names of tools.
	Alias string
	// Meta are members of _meta for its calls, Headers go with every request to it: lines
	// as of --meta and --header.
	Meta, Headers string
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
//	    meta: {warehouse_id: abc}            # as --meta
//	    headers: {X-MCP-Toolsets: repos}     # as --header
//	services:
//	  - name: system.ai.github
//	policy: /etc/gateway/policy.yaml  # as --policy, which goes first
//	audit: /var/log/gateway.jsonl     # as --audit
type endpointFile struct {
	Connections []struct {
		Name, Route, Path, Alias string
		Presets                  presets `yaml:",inline"`
	}
	Services []struct {
		Name, Alias string
		Presets     presets `yaml:",inline"`
	}
	Policy, Audit string
}

// presets are what an entry of the file sets for its clients.
type presets struct {
	Meta    map[string]any
	Headers map[string]string
}

func (p presets) set(e *Endpoint) (err error) {
	if e.Meta, err = metaLines(p.Meta); err != nil {
		return fmt.Errorf("meta: %w", err)
	}
	if e.Headers, err = headerLines(p.Headers); err != nil {
		return fmt.Errorf("headers: %w", err)
	}
	return nil
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
			return &Error{Problem: "two targets to serve at " + at, Hint: "give one of them an alias in the file of --config"}
		}
		seen[at] = true
	}
	return nil
}

func (g *Gateway) readFile(read func(string) ([]byte, error)) error {
	endpoints, err := readEndpoints(g.File, g.Route.Value, &g.Rules, read)
	g.Endpoints = append(g.Endpoints, endpoints...)
	return err
}

// readEndpoints reads a file of endpoints, and sets the rules that it names. route is
// that of connections for which it says none.
func readEndpoints(from Value[string], route string, rules *Rules, read func(string) ([]byte, error)) ([]Endpoint, error) {
	raw, err := read(from.Value)
	if err != nil {
		return nil, &Error{Problem: fmt.Sprintf("reading the file of %s: %v", from.Source.spelled(), err)}
	}
	var file endpointFile
	raw = bytes.TrimPrefix(raw, []byte("\ufeff")) // editors of Windows put a byte order mark there
	documents := yaml.NewDecoder(bytes.NewReader(raw), yaml.Strict())
	if err := documents.Decode(&file); err != nil && !errors.Is(err, io.EOF) {
		withLines := !bytes.Contains(raw, []byte("headers")) // a header may be a secret
		return nil, fileFault(from, yaml.FormatError(err, false, withLines))
	}
	if err := documents.Decode(new(any)); !errors.Is(err, io.EOF) {
		return nil, fileFault(from, "a second document: servers are named in one")
	}
	var all []Endpoint
	for i, c := range file.Connections {
		e := Endpoint{Connection: c.Name, Route: c.Route, Path: c.Path, Alias: c.Alias}
		if e.Route == "" {
			e.Route = route
		}
		if err := c.Presets.set(&e); err != nil {
			return nil, fileFault(from, fmt.Sprintf("connections[%d]: %v", i, err))
		}
		if err := e.check(); err != nil {
			return nil, fileFault(from, fmt.Sprintf("connections[%d]: %v", i, err))
		}
		all = append(all, e)
	}
	for i, s := range file.Services {
		e := Endpoint{Service: s.Name, Alias: s.Alias}
		if err := s.Presets.set(&e); err != nil {
			return nil, fileFault(from, fmt.Sprintf("services[%d]: %v", i, err))
		}
		if err := e.check(); err != nil {
			return nil, fileFault(from, fmt.Sprintf("services[%d]: %v", i, err))
		}
		all = append(all, e)
	}
	for set, file := range map[*Value[string]]string{&rules.Policy: file.Policy, &rules.Audit: file.Audit} {
		if file != "" && !set.Given() {
			*set = Value[string]{file, Source("file " + from.Value)}
		}
	}
	return all, nil
}

func fileFault(from Value[string], problem string) error {
	return &Error{
		Problem: fmt.Sprintf("%s: %s", from.Value, strings.TrimSpace(problem)),
		Hint:    "it holds lists \"connections\" (name, route, path, alias, meta, headers) and \"services\" (name, alias, meta, headers), and may name files as \"policy\" and \"audit\"",
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
