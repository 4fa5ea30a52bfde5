package main

import (
	"cmp"
	"fmt"
	"net/url"
	"strings"

	"ucbridge/bridge/databricks"
	"ucbridge/config"
)

// checkedName is what the client calls the server.
func (i *install) checkedName() (string, error) {
	if i.name == "" {
		return serverName(i.cfg), nil
	}
	if strings.ContainsFunc(i.name, unfitForName) {
		return "", usageError{error: fmt.Errorf("invalid argument %q for %q flag: want letters, digits, _ and -", i.name, "--name")}
	}
	return i.name, nil
}

// serverName is the name of a server that has none of its own: of the connection,
// the last part of a service's, and of a URL what tells it from others.
func serverName(cfg *config.Config) string {
	name := nameOfURL(cfg.URL.Value)
	switch {
	case cfg.IsSeveral():
		name = "databricks"
	case cfg.Connection.Given():
		name = cfg.Connection.Value
	case cfg.Service.Given():
		name = cfg.Service.Value[strings.LastIndex(cfg.Service.Value, ".")+1:]
	}
	return fitName(name)
}

// nameOfURL names what is at a path of the workspace by that path, without what all
// such paths begin with, and an App by its name.
func nameOfURL(address string) string {
	u, err := url.Parse(address)
	if err != nil { // refused before
		return "databricks"
	}
	if app, isApp := databricks.AppName(u); isApp {
		return app
	}
	path := u.Path
	for _, common := range []string{"/api/2.0/mcp/", "/api/2.0/", "/ai-gateway/"} {
		if rest, ok := strings.CutPrefix(path, common); ok {
			path = rest
			break
		}
	}
	switch path = strings.Trim(path, "/"); path {
	case "genie":
		return "genie-one"
	case "", "sql":
		return "databricks-" + cmp.Or(path, "workspace")
	}
	return strings.ReplaceAll(path, "/", "-")
}

// nameAt is what clients call the server at an address, if nothing else was given.
func nameAt(given, address string) string {
	if given != "" {
		return given
	}
	return fitName(address[strings.LastIndex(address, "/")+1:])
}

// fitName is a name that every client takes.
func fitName(name string) string {
	return strings.Map(func(r rune) rune {
		if unfitForName(r) {
			return '-'
		}
		return r
	}, cmp.Or(name, "databricks"))
}

// unfitForName reports whether some client takes no such letter in a name.
func unfitForName(r rune) bool {
	return r != '_' && r != '-' && (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z')
}
