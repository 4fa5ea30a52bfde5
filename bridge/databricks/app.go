package databricks

import (
	"net/url"

	"ucbridge/bridge/databricks/auth"
	"ucbridge/bridge/databricks/origin"
	"ucbridge/bridge/refusal"
)

// AppName returns the name of the Databricks App whose address u is, and whether it is
// one.
func AppName(u *url.URL) (string, bool) {
	name, _, ok := origin.App(u)
	return name, ok
}

// admitsToApp refuses to send an App what it could use elsewhere, and would not take:
// other credentials than an OAuth token, which ends within the hour, and the token of
// another workspace, whose id is in the App's address.
func (d destination) admitsToApp(who *auth.Identity) error {
	if who.AuthType == "pat" || who.AuthType == "basic" {
		return refusal.New(refusal.NotAuthenticated, "Databricks Apps accept only OAuth tokens, and the credentials are of the kind %s.", who.AuthType).
			WithHint("make a profile that signs in with a browser: ucbridge login --host %s --profile NAME", who.Base)
	}
	_, its, _ := origin.App(d.url)
	if ours := who.KnownWorkspace(); its != "" && ours != "" && its != ours {
		return refusal.New(refusal.HostMismatch,
			"The App %s belongs to the workspace %s, and the credentials to %s: no token is sent there.", d.url.Host, its, ours).
			WithHint("check --url, or choose the profile of that workspace with --profile")
	}
	return nil
}
