package databricks

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/url"
	"os"
	"strings"
	"ucbridge/bridge/refusal"

	"github.com/databricks/databricks-sdk-go/config"
)

// guard is the last loader of a configuration. It runs when flags, environment
// and ~/.databrickscfg have been merged and before anything goes over the
// network, and refuses a merge that would carry credentials to a host they were
// not made for: a repository's client configuration can set flags and
// environment, and must not be able to send a profile's token elsewhere.
type guard struct {
	host string // as given by flag, "" if it was not
}

func (guard) Name() string { return "guard" }

// Configure implements config.Loader. Its errors hold a *refusal.Error.
func (g guard) Configure(cfg *config.Config) error {
	if cfg.Host == "" {
		return nil // a later check of the finished configuration misses it
	}
	host, err := parseHost(cfg.Host)
	if err != nil {
		return invalid("The workspace host %q is not usable: %v.", cfg.Host, err)
	}
	if cfg.Host = strings.TrimSpace(cfg.Host); !strings.Contains(cfg.Host, "://") {
		cfg.Host = "https://" + cfg.Host // the SDK takes a bare host:port for scheme:path
	}
	if err := g.guardEnvironment(host); err != nil {
		return err
	}
	return guardProfile(cfg, host)
}

// guardEnvironment keeps credentials of the environment to the host that the
// environment names.
func (g guard) guardEnvironment(host *url.URL) error {
	env := os.Getenv("DATABRICKS_HOST")
	if g.host == "" || env == "" || !credentialsInEnvironment() {
		return nil
	}
	if named, err := parseHost(env); err == nil && origin(named) == origin(host) {
		return nil
	}
	return refusal.New(refusal.HostMismatch,
		"--host is %s, but the credentials in the environment were set for DATABRICKS_HOST %q: they are not sent elsewhere.", host.Host, env).
		WithHint("choose the profile of that workspace with --profile, or unset DATABRICKS_HOST")
}

// credentialsInEnvironment reports whether the SDK would take a credential from
// an environment variable.
func credentialsInEnvironment() bool {
	for _, attr := range config.ConfigAttributes {
		if !attr.HasAuthAttribute() {
			continue
		}
		if v, _ := attr.ReadEnv(); v != "" {
			return true
		}
	}
	return false
}

// guardProfile keeps the credentials of a profile to the profile's host. The SDK
// sets Profile exactly where it loaded one (config_file.go), and lets flags and
// environment win over what the profile says.
func guardProfile(cfg *config.Config, host *url.URL) error {
	if cfg.Profile == "" {
		return nil
	}
	file, err := config.LoadFile(cfg.ConfigFile)
	if errors.Is(err, fs.ErrNotExist) {
		return nil // nothing was loaded, the name alone gives no credentials
	}
	if err != nil {
		return fmt.Errorf("reading profile %q: %w", cfg.Profile, err)
	}
	said := file.Section(cfg.Profile).KeysHash()
	if named, err := parseHost(said["host"]); err != nil || origin(named) != origin(host) {
		return mismatch(cfg.Profile, said["host"], host)
	}
	if cfg.DiscoveryURL != "" && cfg.DiscoveryURL != said["discovery_url"] {
		u, err := url.Parse(cfg.DiscoveryURL)
		if err != nil || origin(u) != origin(host) {
			return refusal.New(refusal.HostMismatch,
				"DATABRICKS_DISCOVERY_URL is not on %s, the host of profile %q: its credentials are not sent elsewhere.", host.Host, cfg.Profile).
				WithHint("unset DATABRICKS_DISCOVERY_URL")
		}
	}
	return nil
}

func mismatch(profile, said string, host *url.URL) error {
	source := "DATABRICKS_HOST or --host"
	if said == "" {
		return refusal.New(refusal.HostMismatch,
			"Profile %q names no host, but %s is %s: its credentials are not sent to a host it does not name.", profile, source, host.Host).
			WithHint("add host = %s to the profile in ~/.databrickscfg", host)
	}
	return refusal.New(refusal.HostMismatch,
		"The host is %s (%s), but profile %q is for %s: its credentials are not sent elsewhere.", host.Host, source, profile, refusal.Quote(said)).
		WithHint("leave out --host and unset DATABRICKS_HOST to use the profile's host, or choose the profile of %s with --profile", host.Host)
}

func invalid(format string, args ...any) error {
	return refusal.New(refusal.ConfigInvalid, format, args...).
		WithHint("check --profile, --host, the DATABRICKS_* variables and ~/.databrickscfg")
}

// hostName is a name that may stand in a link or a command.
var hostName = newPattern(`^[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?$`)

// parseHost reads a workspace host the way the SDK does (config.go,
// fixHostIfNeeded): with or without scheme, path and query dropped.
func parseHost(s string) (*url.URL, error) {
	s = strings.TrimSpace(s)
	if !strings.Contains(s, "://") {
		s = "https://" + s
	}
	u, err := url.Parse(s)
	if err != nil {
		return nil, errors.Unwrap(err)
	}
	if !hostName.matches(u.Hostname()) && net.ParseIP(u.Hostname()) == nil {
		return nil, errors.New("not the name of a host")
	}
	if err := checkOrigin(u); err != nil {
		return nil, err
	}
	return &url.URL{Scheme: strings.ToLower(u.Scheme), Host: strings.ToLower(u.Host)}, nil
}

// checkOrigin refuses to send a token in the clear anywhere but to this machine.
func checkOrigin(u *url.URL) error {
	switch strings.ToLower(u.Scheme) {
	case "https":
		return nil
	case "http":
		if ip := net.ParseIP(u.Hostname()); ip != nil && ip.IsLoopback() || strings.EqualFold(u.Hostname(), "localhost") {
			return nil
		}
		return errors.New("plain http is allowed to this machine only, use https")
	}
	return fmt.Errorf("scheme %q is not https", u.Scheme)
}

// origin spells scheme, host and port in one way.
func origin(u *url.URL) string {
	scheme, host, port := strings.ToLower(u.Scheme), strings.ToLower(u.Hostname()), u.Port()
	if port == "" {
		port = map[string]string{"https": "443", "http": "80"}[scheme]
	}
	return scheme + "://" + net.JoinHostPort(strings.TrimSuffix(host, "."), port)
}

// isApp reports whether u is the address of a Databricks App, the only other
// hosts that may see a token.
func isApp(u *url.URL) bool {
	name, ok := strings.CutSuffix(strings.ToLower(u.Hostname()), ".databricksapps.com")
	return ok && hostName.matches(name) && u.Scheme == "https" && (u.Port() == "" || u.Port() == "443")
}
