package auth

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync/atomic"

	"ucbridge/bridge/databricks/network"
	"ucbridge/bridge/databricks/origin"
	"ucbridge/bridge/refusal"
)

// tokenTransport carries the requests of the SDK's client: for tokens and for the
// addresses to get them at. That client follows redirects, also of a POST that
// holds a secret; tokenTransport refuses those to another host. It goes by any address
// that it is given, which then gets a secret; tokenTransport refuses one that is
// neither the workspace's nor a Databricks account's. It keeps what the last answer
// said, since the SDK's errors do not tell a refused secret from a service that is
// down. It is safe for concurrent use.
type tokenTransport struct {
	base http.RoundTripper
	host func() string // the workspace
	last atomic.Pointer[tokenAnswer]
	// recalled is what an earlier process was told of the host, and is answered with
	// instead of asking; nil for nothing.
	recalled atomic.Pointer[endpoints]
	// discovered is where the host has just said that tokens are to be had.
	discovered atomic.Pointer[discovered]
	// final is what went wrong with the last request, where no repetition cures it and
	// the SDK was not told: see RoundTrip. It is nil for nothing.
	final atomic.Pointer[error]
}

// discovered is a token endpoint, and the address that names it.
type discovered struct{ at, token string }

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
//
// The SDK takes every error with "429" in its text for a limit and repeats the request
// (config/config.go, TransientErrors), and the text holds the address of the workspace.
// What no repetition cures is therefore kept for [tokenTransport.told], and the SDK gets
// a refusal without a text. A POST is never repeated: its body cannot be read again.
func (t *tokenTransport) RoundTrip(req *http.Request) (*http.Response, error) {
	t.final.Store(nil)
	resp, err := t.carry(req)
	if err != nil && req.Method == http.MethodGet && req.Context().Err() == nil && !passes(err) {
		err = &url.Error{Op: "Get", URL: req.URL.Redacted(), Err: err}
		t.final.Store(&err)
		return response(req, http.StatusBadRequest, nil), nil
	}
	return resp, err
}

// told is what went wrong where the SDK gave err after the last request.
func (t *tokenTransport) told(err error) error {
	if final := t.final.Load(); final != nil && err != nil {
		return *final
	}
	return err
}

// passes reports whether the SDK repeats a request because of err, wherever it went
// (httpclient/errors.go).
func passes(err error) bool {
	for _, words := range []string{"connection reset by peer", "TLS handshake timeout", "connection refused", "Unexpected error", "i/o timeout"} {
		if strings.Contains(err.Error(), words) {
			return true
		}
	}
	return false
}

// carry carries one request, and refuses what is said of the type.
func (t *tokenTransport) carry(req *http.Request) (*http.Response, error) {
	if known := t.recalled.Load(); known != nil && req.Method == http.MethodGet && req.URL.String() == known.Discovery {
		return known.answer(req)
	}
	resp, err := t.base.RoundTrip(req)
	if err != nil {
		t.last.Store(&tokenAnswer{})
		if t.recalled.Load() != nil {
			// The SDK would repeat what may pass for a minute: the host is asked instead.
			return nil, fmt.Errorf("using a remembered token endpoint: %v", err)
		}
		return nil, err
	}
	if to, err := resp.Location(); err == nil && resp.StatusCode/100 == 3 && !origin.Same(to, req.URL) {
		network.Drop(resp)
		return nil, refusal.New(refusal.HostMismatch, "The sign-in service at %s redirects to another host: no secret is sent there.", refusal.Quote(req.URL.Host)).
			WithHint("check that --host, or the host of the profile, is your workspace")
	}
	head, _ := io.ReadAll(io.LimitReader(resp.Body, maxTokenAnswer)) // what fails here fails again for the reader
	resp.Body = struct {
		io.Reader
		io.Closer
	}{io.MultiReader(bytes.NewReader(head), resp.Body), resp.Body}
	if endpoint := tokenEndpoint(head); endpoint != "" {
		if err := checkEndpoint(t.host(), endpoint); err != nil {
			network.Drop(resp)
			return nil, err
		}
		if req.Method == http.MethodGet && resp.StatusCode == http.StatusOK {
			t.discovered.Store(&discovered{req.URL.String(), endpoint})
		}
	}
	t.last.Store(&tokenAnswer{resp.StatusCode, bytes.HasPrefix(bytes.TrimLeft(head, " \t\r\n"), []byte("{"))})
	return resp, nil
}

// response is an answer of our own to the SDK, in JSON.
func response(req *http.Request, status int, body []byte) *http.Response {
	return &http.Response{
		Status: strconv.Itoa(status) + " " + http.StatusText(status), StatusCode: status,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Header: http.Header{"Content-Type": {"application/json"}},
		Body: io.NopCloser(bytes.NewReader(body)), ContentLength: int64(len(body)), Request: req,
	}
}

// tokenEndpoint is what an answer says of where tokens are to be had (RFC 8414), ""
// for nothing.
func tokenEndpoint(answer []byte) string {
	var metadata struct {
		Endpoint string `json:"token_endpoint"`
	}
	if json.Unmarshal(answer, &metadata) != nil {
		return ""
	}
	return metadata.Endpoint
}
