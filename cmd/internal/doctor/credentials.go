package doctor

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"ucbridge/bridge/refusal"
)

// authTypes are the SDK's names of ways to sign in (config/auth_*.go) in words. One
// that is missing is shown as it is.
var authTypes = map[string]string{
	"pat":                 "personal access token",
	"oauth-m2m":           "service principal",
	"databricks-cli":      "Databricks CLI login",
	"azure-cli":           "Azure CLI login",
	"azure-client-secret": "Azure service principal",
	"azure-msi":           "Azure managed identity",
	"google-credentials":  "Google credentials",
	"google-id":           "Google identity",
}

// credentials signs in and asks the workspace who that is.
func (w *workspace) credentials(ctx context.Context) Finding {
	expires, err := w.client.Expiry(ctx)
	if err != nil {
		return fault(err)
	}
	me, err := w.catalog.Me(ctx)
	host := w.host()
	switch {
	case err == nil:
	case reason(err) == refusal.MissingScope: // good enough for the rest, perhaps
		return skipped("%s", fault(err).Detail)
	case w.probe.Databricks || !foreign(err):
		return fault(err)
	default:
		f := failed("%s does not answer as a Databricks workspace does", refusal.Quote(host.Value))
		return f.withHint("correct the host in %s, such as https://your-workspace.cloud.databricks.com", host.Source)
	}
	w.me = me
	login := w.client.Describe()
	detail := fmt.Sprintf("%s (%s)", cmp.Or(refusal.Quote(me), "a user without a name"), cmp.Or(authTypes[login.AuthType], login.AuthType))
	data := map[string]any{"user": me, "authType": login.AuthType}
	if !expires.IsZero() {
		data["expires"] = expires.UTC().Format(time.RFC3339)
		if left := time.Until(expires); left < 48*time.Hour {
			detail += fmt.Sprintf(", with a token for another %s", inWords(left))
		} else {
			detail += ", with a token until " + expires.Format(time.DateOnly)
		}
	}
	return ok("%s", detail).withData(data)
}

// foreign reports whether that is no error of a workspace, whatever it was asked:
// the answer is of another form, or is that there is no such thing.
func foreign(err error) bool {
	refused, ok := errors.AsType[*refusal.Error](err)
	if !ok {
		return !errors.Is(err, context.DeadlineExceeded) && !errors.Is(err, context.Canceled)
	}
	switch refused.Data.Reason {
	case refusal.WorkspaceError, refusal.EndpointNotFound, refusal.RedirectRefused:
		return refused.Data.HTTPStatus < http.StatusInternalServerError
	}
	return false
}
