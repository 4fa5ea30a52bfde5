package aiclient

import (
	"net/url"
	"slices"
	"strings"
)

// environment says which of its own variables a client passes on to its servers.
// The zero environment is all of them.
type environment struct {
	only []string // these alone, if there are any
	hide []string // none with one of these in its name
	// byName says that an entry can name variables that are passed on besides.
	byName bool
}

// sdkVariables are what the stdio clients of MCP's SDKs pass on.
var sdkVariables = []string{"HOME", "LOGNAME", "PATH", "SHELL", "TERM", "USER"}

func (e environment) passes(name string) bool {
	if len(e.only) > 0 && !slices.Contains(e.only, name) {
		return false
	}
	return !slices.ContainsFunc(e.hide, func(part string) bool { return strings.Contains(strings.ToUpper(name), part) })
}

// networkVariables say how to reach the workspace: ucbridge, a Go program, reads
// them.
var networkVariables = []string{
	"HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "NO_PROXY", "no_proxy", "SSL_CERT_FILE", "SSL_CERT_DIR",
}

// OfNetwork reports whether Network picks a variable of that name.
func OfNetwork(name string) bool { return slices.Contains(networkVariables, name) }

// Network picks from an environment what a client must pass on where the
// workspace is behind a proxy or has a certificate of the company's own.
func Network(lookup func(string) (string, bool)) map[string]string {
	found := make(map[string]string)
	for _, name := range networkVariables {
		// Of two that say the same one is enough; on Windows they are one.
		if value, _ := lookup(name); value != "" && found[strings.ToUpper(name)] != value {
			found[name] = value
		}
	}
	return found
}

// Relevant are the names of those variables in an environment, as os.Environ
// returns it, by which ucbridge reaches the workspace and signs in: the network's,
// Databricks', and those of the clouds.
func Relevant(environ []string) []string {
	var names []string
	for _, pair := range environ {
		name, value, _ := strings.Cut(pair, "=")
		prefixed := func(prefix string) bool { return strings.HasPrefix(name, prefix) }
		if value != "" && (OfNetwork(name) || slices.ContainsFunc([]string{"DATABRICKS_", "ARM_", "AZURE_", "GOOGLE_"}, prefixed)) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// complete is s with those of its Network variables that this client does not pass
// on by itself: by name where the client knows that, else by value and then
// without the name and password of a proxy's user. Whose were left out is returned.
func (c Client) complete(s Server) (complete Server, stripped []string) {
	env := make(map[string]string)
	for name, value := range s.Env {
		env[name] = value
	}
	for name, value := range s.Network {
		switch {
		case c.environment.passes(name):
		case c.environment.byName:
			s.Inherit = append(s.Inherit, name)
		case env[name] == "":
			env[name] = withoutUser(value)
			if env[name] != value {
				stripped = append(stripped, name)
			}
		}
	}
	if !s.Ours() {
		env[entryVariable] = "1"
	}
	slices.Sort(s.Inherit)
	s.Env, s.Network = env, nil
	if len(env) == 0 {
		s.Env = nil
	}
	slices.Sort(stripped)
	return s, stripped
}

// withoutUser takes the name and password out of a URL.
func withoutUser(value string) string {
	if u, err := url.Parse(value); err == nil && u.User != nil {
		u.User = nil
		return u.String()
	}
	return value
}

// Withheld are those of the variables that a server of this client does not get:
// the client keeps them back, and the entry does not give them.
func (s State) Withheld(e Entry, names []string) []string {
	var withheld []string
	for _, name := range names {
		_, given := e.Env[name]
		if !given && !slices.Contains(e.Inherit, name) && !s.Client.environment.passes(name) {
			withheld = append(withheld, name)
		}
	}
	return withheld
}
