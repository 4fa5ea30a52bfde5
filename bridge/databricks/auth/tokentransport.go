package auth

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"sync/atomic"

	"ucbridge/bridge/databricks/network"
	"ucbridge/bridge/databricks/origin"
)

// tokenTransport carries the requests of the SDK's client: for tokens and for the
// addresses to get them at. That client follows redirects, also of a POST that
// holds a secret; tokenTransport refuses those to another host. It keeps what the
// last answer said, since the SDK's errors do not tell a refused secret from a
// service that is down. It is safe for concurrent use.
type tokenTransport struct {
	base http.RoundTripper
	last atomic.Pointer[tokenAnswer]
}

// tokenAnswer is what a sign-in service answered; zero where no answer came.
type tokenAnswer struct {
	status int
	json   bool // the body is JSON
}

// refusesCredentials reports whether the service has understood the request and
// does not take the credentials in it: RFC 6749, section 5.2. Everything else says
// nothing of them.
func (a tokenAnswer) refusesCredentials() bool {
	return a.json && a.status/100 == 4 && a.status != http.StatusTooManyRequests && a.status != http.StatusRequestTimeout
}

// works reports whether the answer is one that brings the sign-in further.
func (a tokenAnswer) works() bool { return a.status/100 == 2 && a.json }

// maxTokenAnswer is how much of an answer is looked at.
const maxTokenAnswer = 64 << 10

// RoundTrip implements [http.RoundTripper].
func (t *tokenTransport) RoundTrip(req *http.Request) (*http.Response, error) {
	resp, err := t.base.RoundTrip(req)
	if err != nil {
		t.last.Store(&tokenAnswer{})
		return nil, err
	}
	if to, err := resp.Location(); err == nil && resp.StatusCode/100 == 3 && !origin.Same(to, req.URL) {
		network.Drop(resp)
		return nil, fmt.Errorf("fetching token: %s redirects to another host", req.URL.Host)
	}
	head, _ := io.ReadAll(io.LimitReader(resp.Body, maxTokenAnswer)) // what fails here fails again for the reader
	resp.Body = struct {
		io.Reader
		io.Closer
	}{io.MultiReader(bytes.NewReader(head), resp.Body), resp.Body}
	t.last.Store(&tokenAnswer{resp.StatusCode, bytes.HasPrefix(bytes.TrimLeft(head, " \t\r\n"), []byte("{"))})
	return resp, nil
}
