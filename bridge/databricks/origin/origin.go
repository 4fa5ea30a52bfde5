// Package origin says which hosts may be sent a token: it reads the addresses of
// workspaces and of Databricks Apps, and compares them.
package origin

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"slices"
	"strings"

	"ucbridge/bridge/lazyregexp"
)

// hostName is a name that may stand in a link or a command.
var hostName = lazyregexp.New(`^[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?$`)

// Parse reads the host of a workspace the way the Databricks SDK does (config.go,
// fixHostIfNeeded): with or without scheme, path and query dropped. Plain http
// is an error, except to this machine.
func Parse(s string) (*url.URL, error) {
	s = strings.TrimSpace(s)
	if !strings.Contains(s, "://") {
		s = "https://" + s
	}
	u, err := url.Parse(s)
	if err != nil {
		return nil, errors.Unwrap(err)
	}
	if !hostName.MatchString(u.Hostname()) && net.ParseIP(u.Hostname()) == nil {
		return nil, errors.New("not the name of a host")
	}
	if err := Check(u); err != nil {
		return nil, err
	}
	return &url.URL{Scheme: strings.ToLower(u.Scheme), Host: strings.ToLower(u.Host)}, nil
}

// Check refuses to send a token in the clear anywhere but to this machine.
func Check(u *url.URL) error {
	switch strings.ToLower(u.Scheme) {
	case "https":
		return nil
	case "http":
		if IsLoopback(u) {
			return nil
		}
		return errors.New("plain http is allowed to this machine only, use https")
	}
	return fmt.Errorf("scheme %q is not https", u.Scheme)
}

// IsLoopback reports whether u leads to this machine.
func IsLoopback(u *url.URL) bool {
	ip := net.ParseIP(u.Hostname())
	return ip != nil && ip.IsLoopback() || strings.EqualFold(u.Hostname(), "localhost")
}

// zones are the domains of Databricks in the public clouds, for workspaces and
// accounts (databricks-sdk-go common/environment).
var zones = []string{
	".databricks.com", ".azuredatabricks.net", ".databricks.azure.us", ".databricks.azure.cn", ".databricks.us", ".databricks.mil",
}

// IsDatabricks reports whether u is a host under Databricks' own domains, whose
// workspaces Databricks alone can serve.
func IsDatabricks(u *url.URL) bool {
	host := strings.TrimSuffix(strings.ToLower(u.Hostname()), ".")
	return slices.ContainsFunc(zones, func(zone string) bool { return strings.HasSuffix(host, zone) })
}

// Same reports whether two addresses have the same scheme, host and port.
func Same(a, b *url.URL) bool { return spell(a) == spell(b) }

// spell spells scheme, host and port in one way.
func spell(u *url.URL) string {
	scheme, host, port := strings.ToLower(u.Scheme), strings.ToLower(u.Hostname()), u.Port()
	if port == "" {
		port = map[string]string{"https": "443", "http": "80"}[scheme]
	}
	return scheme + "://" + net.JoinHostPort(strings.TrimSuffix(host, "."), port)
}

// appSuffix ends the hosts of Databricks Apps: NAME-WORKSPACE.CLOUD.databricksapps.com.
const appSuffix = ".databricksapps.com"

// IsApp reports whether u is the address of a Databricks App, the only other
// hosts that may see a token.
func IsApp(u *url.URL) bool {
	name, ok := strings.CutSuffix(strings.ToLower(u.Hostname()), appSuffix)
	return ok && hostName.MatchString(name) && u.Scheme == "https" && (u.Port() == "" || u.Port() == "443")
}

// App reads the address of a Databricks App: its name, and the id of the workspace
// that it belongs to, "" where the address does not hold one.
func App(u *url.URL) (name, workspace string, ok bool) {
	if !IsApp(u) {
		return "", "", false
	}
	label, _, _ := strings.Cut(strings.ToLower(u.Hostname()), ".")
	i := strings.LastIndexByte(label, '-')
	if i < 0 || strings.Trim(label[i+1:], "0123456789") != "" || label[i+1:] == "" {
		return label, "", true
	}
	return label[:i], label[i+1:], true
}

// IsAccount reports whether u is a host of Databricks accounts, which sign in users
// of all workspaces (databricks-sdk-go config, accounts.* of each cloud).
func IsAccount(u *url.URL) bool {
	return IsDatabricks(u) && strings.HasPrefix(strings.ToLower(u.Hostname()), "accounts.") && u.Scheme == "https"
}
