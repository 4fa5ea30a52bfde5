package auth

import (
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"slices"
	"strings"

	"github.com/databricks/databricks-sdk-go/config"
	"gopkg.in/ini.v1"

	"ucbridge/bridge/databricks/origin"
	"ucbridge/bridge/refusal"
)

// guard is the last loader of a configuration. It runs when flags, environment
// and ~/.databrickscfg have been merged and before anything goes over the
// network, and refuses a merge that would carry credentials to a host they were
// not made for: a repository's client configuration can set flags and
// environment, and must not be able to send a profile's token elsewhere.
type guard struct {
	host    string // as given by flag, "" if it was not
	profile bool   // a profile was given by flag, whose credentials then count alone
	open    bool   // no credentials are sent, or they are not the SDK's to choose
}

func (guard) Name() string { return "guard" }

// Configure implements config.Loader. Its errors hold a *refusal.Error.
func (g guard) Configure(cfg *config.Config) error {
	if cfg.Host == "" {
		return nil // a later check of the finished configuration misses it
	}
	host, err := origin.Parse(cfg.Host)
	if err != nil {
		return unusableHost(cfg, err)
	}
	if cfg.Host = strings.TrimSpace(cfg.Host); !strings.Contains(cfg.Host, "://") {
		cfg.Host = "https://" + cfg.Host // the SDK takes a bare host:port for scheme:path
	}
	if err := g.guardEnvironment(host); err != nil {
		return err
	}
	if err := guardProfile(cfg, host); err != nil || g.open {
		return err
	}
	return guardMachine(cfg, host)
}

// guardMachine keeps credentials that are not stored together with a host to hosts
// that can be trusted with them: logins of this machine (of the Azure CLI, Google, a
// metadata service, the Databricks CLI by the name of a profile) and what the
// environment holds. A repository's client configuration can name a host, a file
// of profiles and a cloud. What the file of the profile holds beside the host goes
// there, and then nothing else does.
func guardMachine(cfg *config.Config, host *url.URL) error {
	if origin.IsLoopback(host) || origin.IsDatabricks(host) || inOwnFile(host) {
		return nil
	}
	kind := storedKind(cfg)
	if kind == "" || cfg.AuthType != "" && cfg.AuthType != kind {
		return refusal.New(refusal.HostMismatch,
			"%s is not a host of Databricks, nor one that your ~/.databrickscfg names: credentials of this machine or of the environment are not sent there.", host.Host).
			WithHint("if it is your workspace, make a profile for it: ucbridge login --profile NAME --host %s", host)
	}
	cfg.AuthType = kind
	return nil
}

// inOwnFile reports whether the user's own ~/.databrickscfg, and no other file,
// names the host.
func inOwnFile(host *url.URL) bool {
	file, err := config.LoadFile("~/.databrickscfg")
	if err != nil {
		return false
	}
	return slices.ContainsFunc(file.Sections(), func(section *ini.Section) bool {
		named, err := origin.Parse(section.KeysHash()["host"])
		return err == nil && origin.Same(named, host)
	})
}

// storedKind is the kind of the credentials whose secret does not come from the
// environment, "" where there is none.
func storedKind(cfg *config.Config) string {
	for _, secret := range []struct{ attr, kind string }{
		{"token", "pat"}, {"password", "basic"}, {"client_secret", "oauth-m2m"}, {"azure_client_secret", "azure-client-secret"},
	} {
		for _, attr := range config.ConfigAttributes {
			if attr.Name != secret.attr || attr.IsZero(cfg) {
				continue
			}
			if value, _ := attr.ReadEnv(); value != attr.GetString(cfg) {
				return secret.kind
			}
		}
	}
	return ""
}

// guardEnvironment keeps credentials of the environment to the host that the
// environment names.
func (g guard) guardEnvironment(host *url.URL) error {
	env := os.Getenv("DATABRICKS_HOST")
	if g.profile || g.host == "" || env == "" || credentialVariable() == "" {
		return nil
	}
	if named, err := origin.Parse(env); err == nil && origin.Same(named, host) {
		return nil
	}
	return refusal.New(refusal.HostMismatch,
		"--host is %s, but the credentials in the environment were set for DATABRICKS_HOST %q: they are not sent elsewhere.", host.Host, env).
		WithHint("choose the profile of that workspace with --profile, or unset DATABRICKS_HOST")
}

// credentialVariable is a variable of the environment from which the SDK would take a
// credential, "" where there is none.
func credentialVariable() string {
	for _, attr := range config.ConfigAttributes {
		if !attr.HasAuthAttribute() {
			continue
		}
		if v, name := attr.ReadEnv(); v != "" {
			return name
		}
	}
	return ""
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
	if named, err := origin.Parse(said["host"]); err != nil || !origin.Same(named, host) {
		return mismatch(cfg, said["host"], host)
	}
	if cfg.DiscoveryURL != "" && cfg.DiscoveryURL != said["discovery_url"] {
		u, err := url.Parse(cfg.DiscoveryURL)
		if err != nil || !origin.Same(u, host) {
			return refusal.New(refusal.HostMismatch,
				"DATABRICKS_DISCOVERY_URL is not on %s, the host of profile %q: its credentials are not sent elsewhere.", host.Host, cfg.Profile).
				WithHint("unset DATABRICKS_DISCOVERY_URL")
		}
	}
	return nil
}

func mismatch(cfg *config.Config, said string, host *url.URL) error {
	profile, source := cfg.Profile, placesOf(cfg).of["host"]
	if said == "" {
		return refusal.New(refusal.HostMismatch,
			"Profile %q names no host, but %s is %s: its credentials are not sent to a host it does not name.", profile, source, host.Host).
			WithHint("add host = %s to the profile in %s", host, profilesFile(cfg))
	}
	undo := "unset " + source
	if strings.HasPrefix(source, "--") {
		undo = "leave out " + source
	}
	return refusal.New(refusal.HostMismatch,
		"The host is %s (%s), but profile %q is for %s: its credentials are not sent elsewhere.", host.Host, source, profile, refusal.Quote(said)).
		WithHint("%s to use the profile's host, or choose the profile of %s with --profile", undo, host.Host)
}
