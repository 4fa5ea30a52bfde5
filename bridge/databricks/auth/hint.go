package auth

import (
	"errors"
	"fmt"
	"io/fs"
	"runtime"
	"strings"

	"github.com/databricks/databricks-sdk-go/config"

	"ucbridge/bridge/databricks/network"
	"ucbridge/bridge/databricks/origin"
	"ucbridge/bridge/refusal"
	"ucbridge/bridge/shell"
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
	make := "ucbridge login" + ProfileFlag(l.cfg.Profile) + " --host https://<your workspace>"
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
	if network.NeverSent(err) {
		return fmt.Errorf("%w: %w", Unreachable(l.cfg.Host, err), err)
	}
	host := "https://<your workspace>" // on Azure a resource id can stand for it
	if base, err := origin.Parse(l.cfg.Host); err == nil {
		host = base.String()
	}
	e := NotAuthenticated(authType, l.cfg.Profile, host)
	e.Message = fmt.Sprintf("You are not signed in to Databricks (%s).", authType)
	if errors.Is(err, config.ErrCliNotFound) {
		e.Message = "No Databricks credentials are configured, and the Databricks CLI is not installed."
		e.Data.Hint = "set DATABRICKS_TOKEN, or install the Databricks CLI and run: " + LoginCommand(l.cfg.Profile, host)
	}
	e.Data.Detail = l.said(err)
	return e
}

// said is what the SDK said, without the configuration it appends and without
// secrets.
func (l *login) said(err error) string {
	text, _, _ := strings.Cut(err.Error(), ". Config: ")
	return refusal.Quote(Mask(text, l.secrets()))
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

// Unreachable words a failure to reach the host, as given by the user.
func Unreachable(host string, err error) *refusal.Error {
	u, parseErr := origin.Parse(host)
	if parseErr != nil {
		return noHost()
	}
	return network.Unreachable(u, err)
}

// NotAuthenticated is the refusal of credentials, with the cure for the kind of
// credentials in use (after EnrichAuthError in the Databricks CLI,
// libs/auth/error.go). host is the workspace's, with its scheme.
func NotAuthenticated(authType, profile, host string) *refusal.Error {
	e := refusal.New(refusal.NotAuthenticated, "Databricks did not accept the credentials (%s).", authType)
	switch authType {
	case "pat":
		return e.WithHint("the access token is wrong, expired or revoked: make a new one at %s/settings/user/developer/access-tokens and replace the old one%s", host, inProfile(profile))
	case OnBehalf:
		return e.WithHint("sign in to the app again: the token that came with the request is expired, revoked or for another workspace")
	case "basic":
		return e.WithHint("user and password are no longer accepted, sign in with: %s", LoginCommand(profile, host))
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
	return e.WithHint("sign in with: %s", LoginCommand(profile, host))
}

func inProfile(profile string) string {
	if profile == "" {
		return " in the environment"
	}
	return fmt.Sprintf(" in profile %q", profile)
}

// LoginCommand is the command that signs in. Its arguments come from the user's
// own configuration.
func LoginCommand(profile, host string) string {
	if profile != "" {
		return "databricks auth login --profile " + word(profile)
	}
	return "databricks auth login --host " + host
}

// ProfileFlag is the flag that chooses the profile, with a space before it, "" for
// none.
func ProfileFlag(profile string) string {
	if profile == "" {
		return ""
	}
	return " --profile " + word(profile)
}

// word quotes a word of the user's own configuration so that it can be pasted.
func word(s string) string { return shell.Word(runtime.GOOS, refusal.Quote(s)) }

// Mask takes secrets out of a text.
func Mask(s string, secrets []string) string {
	for _, secret := range secrets {
		if secret != "" {
			s = strings.ReplaceAll(s, secret, "***")
		}
	}
	return s
}
