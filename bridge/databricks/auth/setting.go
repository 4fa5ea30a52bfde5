package auth

import (
	"context"
	"fmt"
	"net/url"

	"github.com/databricks/databricks-sdk-go/config"

	"ucbridge/bridge/databricks/origin"
)

// Setting is one value of the Databricks configuration, and where it came from.
type Setting struct {
	Name   string `json:"name"`            // as in ~/.databrickscfg
	Value  string `json:"value,omitempty"` // empty for secrets
	Source string `json:"source"`          // in words: "DATABRICKS_HOST", "--profile"
}

// Settings returns what flags, environment and ~/.databrickscfg come to, in the
// SDK's order. It uses no network and asks for no credentials. The error holds a
// *refusal.Error: there is no such profile, no workspace is named, or the host is
// not the profile's.
func (c *Credentials) Settings() ([]Setting, error) {
	l, err := c.resolved()
	if err != nil {
		return nil, err
	}
	given := c.opts.Config()
	origins := l.cfg.GetAuthDetails().Configuration
	var settings []Setting
	for _, attr := range config.ConfigAttributes {
		found, ok := origins[attr.Name]
		if !ok {
			continue
		}
		s := Setting{Name: attr.Name, Value: found.Value}
		if attr.Sensitive {
			s.Value = ""
		}
		switch found.Source.Type {
		case config.SourceEnv:
			s.Source = found.Source.Name
		case config.SourceFile:
			s.Source = fmt.Sprintf("profile %q in %s", l.cfg.Profile, found.Source.Name)
		default:
			if attr.Internal { // ours, not the user's
				continue
			}
			s.Source = "--" + attr.Name
			if attr.IsZero(given) { // the profile that the file falls back to, the CLI that was found
				s.Source = "default"
			}
			if attr.Name == "workspace_id" && attr.IsZero(given) && len(settings) > 0 {
				s.Source = settings[0].Source // the SDK took it out of the ?o= of the host, the first attribute
			}
		}
		settings = append(settings, s)
	}
	return settings, nil
}

// resolved returns a login whose configuration is complete, as far as that goes
// without the network.
func (c *Credentials) resolved() (*login, error) {
	l := newLogin(c)
	l.cfg.HostMetadataResolver = func(context.Context, string) (*config.HostMetadata, error) { return nil, nil }
	if err := l.cfg.EnsureResolved(); err != nil {
		return nil, l.configError(err)
	}
	if l.cfg.Host == "" && l.cfg.AzureResourceID == "" {
		return nil, l.noHost()
	}
	return l, nil
}

// Host is the address of the workspace, known before anything is asked. Errors are
// those of Settings.
func (c *Credentials) Host() (*url.URL, error) {
	l, err := c.resolved()
	if err != nil {
		return nil, err
	}
	base, err := origin.Parse(l.cfg.Host)
	if err != nil {
		return nil, unusableHost(l.cfg, err)
	}
	return base, nil
}
