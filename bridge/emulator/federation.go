package emulator

import (
	"context"
	"net/http"
	"net/url"

	"github.com/coreos/go-oidc/v3/oidc"
)

// FederationPolicy has the workspace take the tokens of another issuer for its users: of
// the user whose name is the subject.
type FederationPolicy struct {
	Issuer, Audience string
}

// AddFederationPolicy adds a policy. The issuer is asked for its keys at each exchange.
func (w *Workspace) AddFederationPolicy(p FederationPolicy) {
	w.directory.mu.Lock()
	defer w.directory.mu.Unlock()
	w.directory.policies = append(w.directory.policies, p)
}

// federated returns the user whose token of another issuer it is. Verified: the form that
// is sent, and that the subject is matched with the user's name by default ("Configure a
// federation policy"). Assumed: the words of a refusal.
func (o oidcServer) federated(ctx context.Context, form url.Values) (p principal, ok bool) {
	d := &o.w.directory
	d.mu.RLock()
	policies := d.policies
	d.mu.RUnlock()
	ctx = oidc.ClientContext(ctx, &http.Client{Transport: o.w.transport})
	for _, policy := range policies {
		provider, err := oidc.NewProvider(ctx, policy.Issuer)
		if err != nil {
			continue
		}
		token, err := provider.Verifier(&oidc.Config{ClientID: policy.Audience}).Verify(ctx, form.Get("subject_token"))
		if err != nil {
			continue
		}
		d.mu.RLock()
		user, known := d.users[token.Subject]
		d.mu.RUnlock()
		return user.principal(), known
	}
	return principal{}, false
}
