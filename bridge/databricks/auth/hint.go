package auth

import (
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"runtime"
	"strings"

	"github.com/databricks/databricks-sdk-go/config"

	"ucbridge/bridge/databricks/network"
	"ucbridge/bridge/databricks/origin"
	"ucbridge/bridge/lazyregexp"
	"ucbridge/bridge/refusal"
	"ucbridge/bridge/shell"
)

// noHost words a configuration that names no workspace.
func (l *login) noHost() *refusal.Error {
	if l.cfg.Profile != "" {
		if err := l.noProfile(); err != nil {
			return err
		}
		return refusal.New(refusal.ConfigInvalid, "Profile %q names no host.", l.cfg.Profile).
			WithHint("add host = https://your-workspace to it in %s", profilesFile(l.cfg))
	}
	e := noWorkspace()
	file, err := config.LoadFile(l.cfg.ConfigFile)
	if name := os.Getenv("DATABRICKS_CONFIG_FILE"); name != "" && errors.Is(err, fs.ErrNotExist) {
		e.Message = fmt.Sprintf("DATABRICKS_CONFIG_FILE names %s, which is not there.", refusal.Quote(name))
		return e.WithHint("unset it to use ~/.databrickscfg; if it was a demo's, start that again: ucbridge demo --serve")
	}
	if variable := credentialVariable(); variable != "" { // the SDK reads no profile then (config_file.go)
		e.Message = fmt.Sprintf("No Databricks workspace is configured: %s is set without DATABRICKS_HOST, so that no profile is read.", variable)
		e.Data.Hint = "set DATABRICKS_HOST, or unset " + variable
	}
	if err == nil {
		if names := profileNames(file); len(names) > 0 && l.cfg.Profile == "" {
			return e.WithHint("choose a profile with --profile, of those in %s: %s", file.Path(), strings.Join(names, ", "))
		}
	}
	return e
}

// profilesFile is the file of profiles in use, as the user knows it.
func profilesFile(cfg *config.Config) string {
	if cfg.ConfigFile == "" {
		return "~/.databrickscfg"
	}
	return refusal.Quote(cfg.ConfigFile)
}

func noWorkspace() *refusal.Error {
	return refusal.New(refusal.ConfigInvalid, "No Databricks workspace is configured.").
		WithHint("sign in with: ucbridge login --host https://your-workspace")
}

// noProfile returns the error for a profile that is not in the file, nil where it is.
func (l *login) noProfile() *refusal.Error {
	file, err := config.LoadFile(l.cfg.ConfigFile)
	if err != nil && !errors.Is(err, fs.ErrNotExist) || err == nil && file.HasSection(l.cfg.Profile) {
		return nil
	}
	e := refusal.New(refusal.ConfigInvalid, "There is no profile %q.", l.cfg.Profile)
	make := "ucbridge login" + ProfileFlag(l.cfg.Profile) + " --host https://your-workspace"
	if err == nil {
		if names := profileNames(file); len(names) > 0 {
			return e.WithHint("choose one of those in %s (%s), or make it with: %s", file.Path(), strings.Join(names, ", "), make)
		}
	}
	if l.cfg.ConfigFile != "" {
		e.Message = fmt.Sprintf("There is no profile %q in %s.", l.cfg.Profile, profilesFile(l.cfg))
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
	if m := severalMethods().FindStringSubmatch(err.Error()); m != nil {
		return refusal.New(refusal.ConfigInvalid, "More than one authorization method is configured: %s.", m[1]).
			WithHint("set DATABRICKS_AUTH_TYPE, or auth_type in the profile, to the one that you mean, such as %s", methodNames(m[1]))
	}
	return unusable(l.cfg, l.said(err))
}

// severalMethods is what the SDK says where the configuration holds the secrets of
// several methods (config/config_attributes.go).
var severalMethods = lazyregexp.New(`more than one authorization method configured: ([a-z0-9-]+(?: and [a-z0-9-]+)*)`)

// methodNames are the authentication types in place of the SDK's names of groups.
func methodNames(groups string) string {
	return strings.NewReplacer("oauth", "oauth-m2m", "azure", "azure-client-secret", "google", "google-credentials", " and ", " or ").Replace(groups)
}

// authError words credentials that could not be got.
func (l *login) authError(err error) error {
	authType, err := l.chain.cause(l.cfg, err)
	if refused := (*refusal.Error)(nil); errors.As(err, &refused) {
		return refused
	}
	if offline := l.offline.Load(); offline != nil {
		err = *offline
	}
	if network.NeverSent(err) {
		return fmt.Errorf("%w: %w", Unreachable(l.cfg.Host, err), err)
	}
	if command := l.programs.waiting.Load(); errors.Is(err, errProgramSilent) && command != nil {
		return programSilent(*command, programTimeout)
	}
	if status, down := l.signInService(authType, err); down {
		e := signInDown(status)
		e.Data.Detail = l.said(err)
		return e
	}
	if m := noGroupRole().FindStringSubmatch(err.Error()); m != nil {
		return needsOAuth(l.cfg, m[1])
	}
	e := l.notSignedIn(authType, err)
	e.Data.Detail = l.said(err)
	return e
}

// noGroupRole is what the SDK says of each authentication type that cannot take the
// role of a group (config/auth_rbac.go).
var noGroupRole = lazyregexp.New(`auth type "([a-z0-9-]+)" does not support group role assumption`)

// needsOAuth words a group_id beside credentials that cannot be narrowed to a group.
func needsOAuth(cfg *config.Config, authType string) *refusal.Error {
	where := placesOf(cfg).in("group_id")
	return refusal.New(refusal.ConfigInvalid, "The group_id%s needs Databricks OAuth: %s cannot take the role of a group.", where, authType).
		WithHint("remove the group_id%s, or use client_id and client_secret of a service principal", where)
}

// notSignedIn words credentials that are missing or were refused.
func (l *login) notSignedIn(authType string, err error) *refusal.Error {
	host := "https://your-workspace" // on Azure a resource id can stand for it
	if base, err := origin.Parse(l.cfg.Host); err == nil {
		host = base.String()
	}
	e := notAuthenticated(authType, host, placesOf(l.cfg))
	e.Message = fmt.Sprintf("You are not signed in to Databricks (%s).", authType)
	if place := placesOf(l.cfg).of["auth_type"]; strings.HasPrefix(place, "DATABRICKS_") {
		e.Data.Hint += ", or unset " + place + ", which asks for this kind of credentials"
	}
	names := l.profilesOfHost()
	switch {
	case l.chain.name == "" && l.cfg.Profile == "" && len(names) == 1:
		return e.WithHint("choose the profile of that workspace: --profile %s", names[0])
	case l.chain.name == "" && l.cfg.Profile == "" && len(names) > 1:
		return e.WithHint("choose one of the profiles of that workspace with --profile: %s", strings.Join(names, ", "))
	case errors.Is(err, config.ErrCliNotFound):
		e.Message = "No Databricks credentials are configured, and the Databricks CLI is not installed."
		e.Data.Hint = "set DATABRICKS_TOKEN, or install the Databricks CLI and run: " + LoginCommand(l.cfg.Profile, host)
	case authType == azureCLIAuth && findProgram(azName(), l.credentials.folders) == "":
		e.Message = "The Azure CLI (az), which keeps the login, is neither on PATH nor in the usual folders."
		e.Data.Hint = "install it, or add its folder to PATH, then sign in with: az login"
	}
	return e
}

// profilesOfHost are the profiles in the file that are for the host in use, spelled
// for a command.
func (l *login) profilesOfHost() []string {
	host, err := origin.Parse(l.cfg.Host)
	if err != nil {
		return nil
	}
	file, err := config.LoadFile(l.cfg.ConfigFile)
	if err != nil {
		return nil
	}
	var names []string
	for _, section := range file.Sections() {
		named, err := origin.Parse(section.KeysHash()["host"])
		if err == nil && origin.Same(named, host) {
			names = append(names, word(section.Name()))
		}
	}
	return names
}

// unfit reports whether a header cannot be sent: net/http refuses control characters in
// it (RFC 9110, section 5.5), such as the line break after a token that was read from a
// file.
func unfit(header http.Header) bool {
	for _, values := range header {
		for _, value := range values {
			if strings.ContainsFunc(value, func(r rune) bool { return r < ' ' && r != '\t' || r == 0x7f }) {
				return true
			}
		}
	}
	return false
}

// unfitSecret words credentials with a character that cannot be sent.
func (l *login) unfitSecret() *refusal.Error {
	e := refusal.New(refusal.ConfigInvalid, "The Databricks credentials (%s) hold a line break or another control character, which cannot be sent.", l.cfg.AuthType)
	if l.cfg.AuthType != "pat" {
		return e.WithHint("sign in again with: %s", LoginCommand(l.cfg.Profile, l.cfg.Host))
	}
	if l.cfg.Profile != "" {
		return e.WithHint("correct token in profile %q in %s", l.cfg.Profile, profilesFile(l.cfg))
	}
	return e.WithHint("set DATABRICKS_TOKEN again, without a line break at its end")
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
		return noWorkspace()
	}
	return network.Unreachable(u, err)
}

// NotAuthenticated is the refusal of the credentials that have signed.
func (id *Identity) NotAuthenticated() *refusal.Error {
	from := id.from
	from.profile = id.Profile
	return notAuthenticated(id.AuthType, id.Base.String(), from)
}

// notAuthenticated is the refusal of credentials, with the cure for the kind of
// credentials in use (after EnrichAuthError in the Databricks CLI,
// libs/auth/error.go). host is the workspace's, with its scheme.
func notAuthenticated(authType, host string, from places) *refusal.Error {
	e := refusal.New(refusal.NotAuthenticated, "Databricks did not accept the credentials (%s).", authType)
	switch authType {
	case "pat":
		return e.WithHint("the access token is wrong, expired or revoked: make a new one at %s/settings/user/developer/access-tokens and replace the old one%s", host, from.in("token"))
	case OnBehalf:
		return e.WithHint("sign in again: the token that came with the request is expired, revoked or for another workspace")
	case "basic":
		return e.WithHint("Databricks no longer accepts user and password: make another profile with: ucbridge login --host %s --profile NAME", host)
	case "oauth-m2m":
		which := "client_id and client_secret"
		if from.of["group_id"] != "" {
			which = "client_id, client_secret and group_id"
		}
		return e.WithHint("check %s of the service principal%s", which, from.in("client_id", "client_secret", "group_id"))
	case "azure-cli":
		return e.WithHint("sign in with: az login")
	case "azure-client-secret":
		return e.WithHint("check azure_client_id, azure_client_secret and azure_tenant_id%s", from.in("azure_client_id", "azure_client_secret", "azure_tenant_id"))
	case "azure-msi":
		return e.WithHint("check that this machine has a managed identity with access to the workspace")
	case "google-credentials", "google-id":
		return e.WithHint("check the Google service account, and that it may use the workspace")
	case "metadata-service":
		return e.WithHint("sign in again in the application that started ucbridge")
	case "github-oidc", "azure-devops-oidc", "env-oidc", "file-oidc", "github-oidc-azure":
		return e.WithHint("check the identity token of the environment and the service principal's federation policy")
	}
	return e.WithHint("sign in with: %s", LoginCommand(from.profile, host))
}

// LoginCommand is the command that signs in, which runs the Databricks CLI or says how
// to install it. Its arguments come from the user's own configuration.
func LoginCommand(profile, host string) string {
	if profile != "" {
		return "ucbridge login --profile " + word(profile)
	}
	return "ucbridge login --host " + host
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
