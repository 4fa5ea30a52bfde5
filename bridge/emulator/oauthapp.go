package emulator

import (
	"net"
	"net/url"
	"slices"
)

// OAuthApp is a program that users sign in to, under a client id that an
// administrator has published. It has no secret. Nobody registers one by a request:
// the workspace takes none (verified: no registration_endpoint in the metadata).
type OAuthApp struct {
	ClientID string
	// RedirectURIs are where codes may be sent. One of this machine, by http, stands
	// for every port (RFC 8252, section 7.3). nil stands for every address of this
	// machine, as for the Databricks CLI.
	RedirectURIs []string
}

// AddOAuthApp makes the app known, replacing one of the same client id.
func (w *Workspace) AddOAuthApp(app OAuthApp) {
	d := &w.directory
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.apps == nil {
		d.apps = map[string]OAuthApp{}
	}
	d.apps[app.ClientID] = app
}

// app returns the app of a client id.
func (d *directory) app(clientID string) (OAuthApp, bool) {
	d.mu.RLock()
	defer d.mu.RUnlock()
	app, known := d.apps[clientID]
	return app, known
}

// redirects reports whether a code for the app may be sent to the address.
func (a OAuthApp) redirects(to string) bool {
	u, err := url.Parse(to)
	if err != nil {
		return false
	}
	if a.RedirectURIs == nil {
		return isLoopback(u)
	}
	return slices.ContainsFunc(a.RedirectURIs, func(allowed string) bool {
		registered, err := url.Parse(allowed)
		return to == allowed || err == nil && isLoopback(u) && isLoopback(registered) &&
			u.Hostname() == registered.Hostname() && u.Path == registered.Path
	})
}

// isLoopback reports whether u leads to this machine, by http.
func isLoopback(u *url.URL) bool {
	ip := net.ParseIP(u.Hostname())
	return u.Scheme == "http" && (u.Hostname() == "localhost" || ip != nil && ip.IsLoopback())
}
