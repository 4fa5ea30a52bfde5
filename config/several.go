package config

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"ucbridge/config/route"
)

// target is the field of a flag that names a target, and others where it is repeated.
func (c *Config) target(flag string) field {
	value := map[string]*Value[string]{"connection": &c.Connection, "mcp-service": &c.Service, "url": &c.URL}[flag]
	kind := "name"
	if flag == "url" {
		kind = "url"
	}
	return targetField{text(value, kind), value, c, flag}
}

type targetField struct {
	field
	first *Value[string]
	c     *Config
	flag  string
}

func (f targetField) set(s string, from Source) error {
	if err := filled(s); err != nil {
		return err
	}
	if f.first.Source.isFlag() && from == f.first.Source {
		f.c.More = append(f.c.More, endpointOf(f.flag, s))
		return nil
	}
	if f.flag == "url" {
		f.c.URLName, s = splitName(s)
	}
	*f.first = Value[string]{s, from}
	return nil
}

// each are all values, as a user would write them; nil for one that holds a space.
func (f targetField) each() []string {
	first := f.first.Value
	if f.flag == "url" && f.c.URLName != "" {
		first = f.c.URLName + "=" + first
	}
	if len(f.c.More) == 0 && strings.Contains(first, " ") {
		return nil
	}
	all := []string{first}
	for _, e := range f.c.More {
		switch {
		case f.flag == "connection" && e.Connection != "":
			all = append(all, e.Connection)
		case f.flag == "mcp-service" && e.Service != "":
			all = append(all, e.Service)
		case f.flag == "url" && e.URL != "" && e.Alias != "":
			all = append(all, e.Alias+"="+e.URL)
		case f.flag == "url" && e.URL != "":
			all = append(all, e.URL)
		}
	}
	return all
}

func endpointOf(flag, value string) Endpoint {
	switch flag {
	case "connection":
		return Endpoint{Connection: value}
	case "mcp-service":
		return Endpoint{Service: value}
	}
	name, address := splitName(value)
	return Endpoint{URL: address, Alias: name}
}

// splitName parts NAME=ADDRESS, where NAME is of ASCII letters, digits, "_", "." and "-".
func splitName(s string) (name, address string) {
	name, address, ok := strings.Cut(s, "=")
	isName := name != "" && strings.Trim(name, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz.-") == ""
	if ok && isName && (strings.HasPrefix(address, "/") || strings.HasPrefix(address, "http://") || strings.HasPrefix(address, "https://")) {
		return name, address
	}
	return "", s
}

// Name is what an endpoint is called among others: the same at every start, as it is a
// function of the endpoint alone.
func (e Endpoint) Name() string {
	switch {
	case e.Alias != "":
		return e.Alias
	case e.Connection != "":
		return e.Connection
	case e.Service != "":
		return e.Service
	}
	if name := path.Base(strings.Trim(e.URL, "/")); name != "mcp" && name != "." {
		return name
	}
	return strings.TrimPrefix(strings.TrimPrefix(strings.TrimSuffix(e.URL, "/mcp"), "https://"), "/")
}

// LoadSeveral is Load for a command that takes several servers; read is os.ReadFile or a
// test's.
func (c *Config) LoadSeveral(lookup func(string) (string, bool), read func(string) ([]byte, error)) error {
	if err := fromEnvironment(c.table(), lookup); err != nil {
		return err
	}
	c.preferFlags()
	c.Endpoints = nil // it may be called again
	given := from(c.rows("connection", "mcp-service", "url"), Source.given)
	if len(given)+len(c.More) < 2 && !c.File.Given() && !c.All.Value {
		return c.checkTarget()
	}
	if c.Path.Given() {
		return &Error{Problem: c.Path.Source.spelled() + " belongs to one connection, and there are several servers", Hint: "give it in the file of --servers"}
	}
	for _, s := range given {
		e := endpointOf(s.flag, s.field.String())
		if s.flag == "url" {
			e.Alias = c.URLName
		}
		c.Endpoints = append(c.Endpoints, e)
	}
	c.Endpoints = append(c.Endpoints, c.More...)
	for i, e := range c.Endpoints {
		if e.Connection != "" {
			c.Endpoints[i].Route = c.Route.Value
		}
	}
	if c.File.Given() {
		others, err := readEndpoints(c.File, c.Route.Value, &c.Rules, read)
		if err != nil {
			return err
		}
		c.Endpoints = append(c.Endpoints, others...)
	}
	if !c.IsSeveral() {
		return fileFault(c.File, "it names no server")
	}
	return c.checkNames()
}

// preferFlags lets targets that flags name take the place of those in the environment.
func (c *Config) preferFlags() {
	targets := c.rows("connection", "mcp-service", "url", "servers", "all-servers")
	if len(from(targets, Source.isFlag)) == 0 {
		return
	}
	for _, s := range targets {
		if !s.field.source().isFlag() {
			s.reset()
		}
	}
}

// checkNames refuses two servers of one name.
func (c *Config) checkNames() error {
	seen := make(map[string]bool)
	for _, e := range c.Endpoints {
		name := e.Name()
		if seen[name] {
			return &Error{Problem: fmt.Sprintf("two servers are called %q", name), Hint: "give one of them an alias in the file of --servers, or a name: --url NAME=ADDRESS"}
		}
		seen[name] = true
	}
	return nil
}

// CheckStart refuses settings with which a client's server is not to be started: of
// servers that are found, one may be out of reach at any time.
func (c *Config) CheckStart() error {
	if c.All.Value && c.FailFast.Value {
		return &Error{
			Problem: spelled(c.rows("all-servers", "fail-fast")) + " contradict each other: a server that cannot be reached is told of beside the others",
			Hint:    "name the servers that must be there: --connection NAME --mcp-service NAME",
		}
	}
	return nil
}

// CheckSeveral refuses, after LoadSeveral, flags that say something of several servers
// alone, where there is one: they would do nothing.
func (c *Config) CheckSeveral() error {
	if c.IsSeveral() {
		return nil
	}
	for _, s := range from(c.rows("prefix", "tools"), Source.isFlag) {
		if value := s.field.String(); value != s.def {
			return &Error{Problem: fmt.Sprintf("--%s %s is for several servers as one", s.flag, value), Hint: "leave it out, or name other servers"}
		}
	}
	return nil
}

// IsSeveral reports, after LoadSeveral, whether there may be several targets.
func (c *Config) IsSeveral() bool { return len(c.Endpoints) > 0 || c.All.Value }

// For is c with one of its endpoints as the only target.
func (c *Config) For(e Endpoint) *Config {
	one := *c
	one.Connection, one.Service, one.URL = asFlag("connection", e.Connection), asFlag("mcp-service", e.Service), asFlag("url", e.URL)
	one.Path, one.Route = asFlag("path", e.Path), asFlag("route", e.Route)
	if e.Route == "" || e.Route == c.Route.Value { // one that was found has none of its own
		one.Route = c.Route
	}
	if e.Connection == "" {
		one.Route = Value[string]{Value: string(route.Auto), Source: Default}
	}
	for _, add := range []struct {
		to   *Value[[]string]
		flag string
		text string
	}{{&one.Meta, "meta", e.Meta}, {&one.Headers, "header", e.Headers}} {
		if add.text != "" {
			*add.to = Value[[]string]{appendLines(add.to.Value, add.text), fromFlag(add.flag)}
		}
	}
	one.More, one.Endpoints, one.File, one.All, one.URLName = nil, nil, Value[string]{}, Value[bool]{}, ""
	return &one
}

// asFlag is a value as its flag would have set it, or the zero value.
func asFlag(flag, value string) Value[string] {
	if value == "" {
		return Value[string]{Source: Default}
	}
	return Value[string]{value, fromFlag(flag)}
}

// appendLines adds the lines of a text.
func appendLines(to []string, text string) []string {
	if text == "" {
		return to
	}
	return append(slices.Clip(to), strings.Split(text, "\n")...)
}

// tooMany is the error of a command that takes one target.
func (c *Config) tooMany() error {
	targets := c.rows("connection", "mcp-service", "url")
	chosen := from(targets, Source.isFlag)
	if len(chosen) == 0 {
		chosen = from(targets, Source.given)
	}
	if len(chosen) == 1 {
		return &Error{Problem: chosen[0].field.source().spelled() + " is given more than once: give one target"}
	}
	return &Error{Problem: spelled(slices.Clip(chosen)) + " contradict each other: give one target"}
}
