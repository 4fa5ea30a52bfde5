package databricks

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"ucbridge/bridge/refusal"

	"github.com/databricks/databricks-sdk-go/config"
)

// noHost words a configuration that names no workspace.
func (l *login) noHost() *refusal.Error {
	if l.cfg.Profile != "" {
		if err := l.noProfile(); err != nil {
			return err
		}
	}
	e := noHost()
	if file, err := config.LoadFile(l.cfg.ConfigFile); err == nil {
		if names := profileNames(file); len(names) > 0 && l.cfg.Profile == "" {
			return e.WithHint("choose a profile with --profile, of those in %s: %s", file.Path(), strings.Join(names, ", "))
		}
	}
	return e
}

func noHost() *refusal.Error {
	return refusal.New(refusal.ConfigInvalid, "No Databricks workspace is configured.").
		WithHint("sign in with: databricks auth login --host https://<your workspace>")
}

// noProfile returns the error for a profile that is not in the file, nil where it is.
func (l *login) noProfile() *refusal.Error {
	file, err := config.LoadFile(l.cfg.ConfigFile)
	if err != nil && !errors.Is(err, fs.ErrNotExist) || err == nil && file.HasSection(l.cfg.Profile) {
		return nil
	}
	e := refusal.New(refusal.ConfigInvalid, "There is no profile %q.", l.cfg.Profile)
	make := "ucbridge login" + profileFlag(l.cfg.Profile) + " --host https://<your workspace>"
	if err == nil {
		if names := profileNames(file); len(names) > 0 {
			return e.WithHint("choose one of those in %s (%s), or make it with: %s", file.Path(), strings.Join(names, ", "), make)
		}
	}
	return e.WithHint("make it with: %s", make)
}

// profileNames are the names of the profiles in the file that have anything in them.
func profileNames(file *config.File) []string {
	var names []string
	for _, section := range file.Sections() {
		if name := section.Name(); len(section.Keys()) > 0 && name != "__settings__" {
			names = append(names, refusal.Quote(name))
		}
	}
	return names
}

// configError words a configuration that cannot be resolved.
func (l *login) configError(err error) error {
	if refused := (*refusal.Error)(nil); errors.As(err, &refused) {
		return refused
	}
	if l.cfg.Profile != "" {
		if missing := l.noProfile(); missing != nil {
			return missing
		}
	}
	return invalid("The Databricks configuration cannot be used: %s.", strings.TrimSuffix(l.said(err), "."))
}

// authError words credentials that could not be got.
func (l *login) authError(err error) error {
	authType, err := l.cause(err)
	if refused := (*refusal.Error)(nil); errors.As(err, &refused) {
		return refused
	}
	if neverSent(err) {
		return fmt.Errorf("%w: %w", reachError(l.cfg.Host, err), err)
	}
	host := "https://<your workspace>" // on Azure a resource id can stand for it
	if base, err := parseHost(l.cfg.Host); err == nil {
		host = base.String()
	}
	e := notAuthenticated(authType, l.cfg.Profile, host)
	e.Message = fmt.Sprintf("You are not signed in to Databricks (%s).", authType)
	if errors.Is(err, config.ErrCliNotFound) {
		e.Message = "No Databricks credentials are configured, and the Databricks CLI is not installed."
		e.Data.Hint = "set DATABRICKS_TOKEN, or install the Databricks CLI and run: " + loginCommand(l.cfg.Profile, host)
	}
	e.Data.Detail = l.said(err)
	return e
}

// said is what the SDK said, without the configuration it appends and without
// secrets.
func (l *login) said(err error) string {
	text, _, _ := strings.Cut(err.Error(), ". Config: ")
	return refusal.Quote(mask(text, l.secrets()))
}

func (l *login) secrets() []string {
	var secrets []string
	for _, attr := range config.ConfigAttributes {
		if attr.Sensitive && !attr.IsZero(l.cfg) {
			secrets = append(secrets, attr.GetString(l.cfg))
		}
	}
	return secrets
}

func reachError(host string, err error) *refusal.Error {
	u, parseErr := parseHost(host)
	if parseErr != nil {
		return noHost()
	}
	return unreachable(u, err)
}

// notAuthenticated is the refusal of credentials, with the cure for the kind of
// credentials in use (after EnrichAuthError in the Databricks CLI,
// libs/auth/error.go). host is the workspace's, with its scheme.
func notAuthenticated(authType, profile, host string) *refusal.Error {
	e := refusal.New(refusal.NotAuthenticated, "Databricks did not accept the credentials (%s).", authType)
	switch authType {
	case "pat":
		return e.WithHint("the access token is wrong, expired or revoked: make a new one at %s/settings/user/developer/access-tokens and replace the old one%s", host, inProfile(profile))
	case onBehalf:
		return e.WithHint("sign in to the app again: the token that came with the request is expired, revoked or for another workspace")
	case "basic":
		return e.WithHint("user and password are no longer accepted, sign in with: %s", loginCommand(profile, host))
	case "oauth-m2m":
		return e.WithHint("check client_id and client_secret of the service principal%s", inProfile(profile))
	case "azure-cli":
		return e.WithHint("sign in with: az login")
	case "azure-client-secret":
		return e.WithHint("check azure_client_id, azure_client_secret and azure_tenant_id%s", inProfile(profile))
	case "azure-msi":
		return e.WithHint("check that this machine has a managed identity with access to the workspace")
	case "google-credentials", "google-id":
		return e.WithHint("check the Google service account, and that it may use the workspace")
	case "metadata-service":
		return e.WithHint("sign in again in the application that started ucbridge")
	case "github-oidc", "azure-devops-oidc", "env-oidc", "file-oidc", "github-oidc-azure":
		return e.WithHint("check the identity token of the environment and the service principal's federation policy")
	}
	return e.WithHint("sign in with: %s", loginCommand(profile, host))
}

func inProfile(profile string) string {
	if profile == "" {
		return " in the environment"
	}
	return fmt.Sprintf(" in profile %q", profile)
}

// loginCommand is the command that signs in. Its arguments come from the user's
// own configuration.
func loginCommand(profile, host string) string {
	if profile != "" {
		return "databricks auth login --profile " + shellWord(profile)
	}
	return "databricks auth login --host " + host
}

var plainWord = newPattern(`^[A-Za-z0-9_./:@=+-]+$`)

// shellWord quotes s for a POSIX shell where it has to be.
func shellWord(s string) string {
	if plainWord.matches(s) {
		return s
	}
	return "'" + strings.ReplaceAll(refusal.Quote(s), "'", `'\''`) + "'"
}
