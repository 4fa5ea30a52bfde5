package databricks

import (
	"net/http"
	"net/url"
)

// Anonymous returns a client over the same connections that adds no credentials and
// follows no redirects, for what a workspace tells everybody and for its token endpoint.
func (r *Transport) Anonymous() *http.Client {
	return &http.Client{Transport: r.base, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
}

// Base is the address of the workspace, nil while it is not known. On behalf of callers
// it is known from the start.
func (r *Transport) Base() *url.URL {
	if who := r.signer.Last(); who != nil {
		return who.Base
	}
	return nil
}
