package auth

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"runtime"
	"strings"

	"github.com/databricks/databricks-sdk-go/config"

	"ucbridge/bridge/databricks/origin"
	"ucbridge/bridge/refusal"
)

// LoginCommand returns the command line, the Databricks CLI's, that signs the
// user in to the workspace by a browser. It does not run it, and asks nobody.
//
// The SDK can do the browser's part itself (credentials/u2m), but has no lasting
// place for the tokens: they would be gone with this process. The CLI keeps them
// in the keychain of the system, and the SDK asks it for them.
//
// The error holds a *refusal.Error: no workspace is known, the host is not the
// profile's, the credentials are of a kind that no browser renews, or the CLI is
// not installed.
func (c *Credentials) LoginCommand() ([]string, error) {
	l := newLogin(c)
	unwritten := &unwrittenProfile{}
	l.cfg.Loaders[1] = unwritten
	for i, loader := range l.cfg.Loaders {
		if g, ok := loader.(guard); ok { // a new workspace gets its profile this way
			g.open = true
			l.cfg.Loaders[i] = g
		}
	}
	l.cfg.HostMetadataResolver = func(context.Context, string) (*config.HostMetadata, error) { return nil, nil }
	if err := l.cfg.EnsureResolved(); err != nil {
		return nil, l.configError(err)
	}
	profile := l.cfg.Profile
	if unwritten.name != "" {
		profile = unwritten.name
	}
	if l.cfg.Host == "" {
		return nil, noLoginHost(unwritten.name)
	}
	host, err := origin.Parse(l.cfg.Host)
	if err != nil {
		return nil, unusableHost(l.cfg, err)
	}
	if kind := likely(l.cfg); kind != "databricks-cli" {
		from := placesOf(l.cfg)
		from.profile = profile
		return nil, noBrowserLogin(kind, host.String(), from, variablesOf(l.cfg, kind))
	}
	arguments := []string{"auth", "login", "--host", host.String()}
	if profile != "" {
		arguments = append(arguments, "--profile", profile)
	}
	cli := findCLI(l.cfg.DatabricksCliPath)
	if cli == "" {
		return nil, noCLI(host.String(), profile)
	}
	return append([]string{cli}, arguments...), nil
}

// unwrittenProfile is the SDK's loader of ~/.databrickscfg, except that a
// profile which is not in there is no error: signing in writes it. Nothing of it
// is in the configuration then, its name included.
type unwrittenProfile struct{ name string }

func (*unwrittenProfile) Name() string { return config.ConfigFile.Name() }

// Configure implements config.Loader.
func (p *unwrittenProfile) Configure(cfg *config.Config) error {
	if err := checkProfiles(cfg); err != nil {
		return err
	}
	if cfg.Profile != "" {
		file, err := config.LoadFile(cfg.ConfigFile)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("reading profile %q: %w", cfg.Profile, err)
		}
		// DEFAULT is a section of every file; the SDK refuses it without a key.
		if err != nil || !file.HasSection(cfg.Profile) || len(file.Section(cfg.Profile).Keys()) == 0 {
			p.name, cfg.Profile = cfg.Profile, ""
			return nil
		}
	}
	return config.ConfigFile.Configure(cfg)
}

func noLoginHost(profile string) *refusal.Error {
	e := refusal.New(refusal.ConfigInvalid, "No Databricks workspace is configured.")
	if profile != "" {
		e.Message = fmt.Sprintf("There is no profile %q yet, and no workspace to make it for.", profile)
	}
	return e.WithHint("name it: ucbridge login%s --host https://your-workspace", ProfileFlag(profile))
}

// noBrowserLogin refuses to sign in where the credentials are of another kind:
// the login would not be used, and the CLI would write over the profile.
func noBrowserLogin(kind, host string, from places, variables []string) *refusal.Error {
	if len(variables) > 0 {
		return refusal.New(refusal.LoginNotApplicable, "The credentials in the environment are of the kind %s, which has no browser login.", kind).
			WithHint("unset %s, then run: ucbridge login --host %s", strings.Join(variables, ", "), host)
	}
	e := refusal.New(refusal.LoginNotApplicable, "The credentials%s are of the kind %s, which has no browser login.", from.in(), kind)
	renewal := notAuthenticated(kind, host, from).Data.Hint
	switch kind {
	case "basic": // it is renewed by another profile
		return e.WithHint("%s", renewal)
	case "pat":
		renewal = "make a new token at " + host + "/settings/user/developer/access-tokens and put it into the profile"
	}
	return e.WithHint("if they no longer work, %s; to add a profile with a browser login, run: ucbridge login --host %s --profile NAME", renewal, host)
}

// variablesOf are the environment variables that the credentials of that kind
// were taken from.
func variablesOf(cfg *config.Config, kind string) []string {
	var names []string
	for _, attr := range config.ConfigAttributes {
		value, name := attr.ReadEnv()
		if value != "" && attr.HasAuthAttribute() && strings.HasPrefix(kind, attr.Auth) && value == attr.GetString(cfg) {
			names = append(names, name)
		}
	}
	return names
}

func noCLI(host, profile string) *refusal.Error {
	install := "curl -fsSL https://raw.githubusercontent.com/databricks/setup-cli/main/install.sh | sh"
	switch runtime.GOOS {
	case "darwin":
		install = "brew install databricks/tap/databricks"
	case "windows":
		install = "winget install Databricks.DatabricksCLI"
	}
	return refusal.New(refusal.CLIMissing, "The Databricks CLI, which keeps logins, is not installed.").
		WithHint("install it with: %s\n  then run: ucbridge login --host %s%s", install, host, ProfileFlag(profile))
}

// findCLI returns the path of the Databricks CLI, "" where there is none. found
// is what is configured or what cliFinder found beyond PATH.
func findCLI(found string) string {
	if found != "" {
		if info, err := os.Stat(found); err == nil && isCLI(info) {
			return found
		}
		return ""
	}
	return cliOnPath()
}
