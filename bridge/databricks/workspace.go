package databricks

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"

	"ucbridge/bridge/databricks/auth"
	"ucbridge/bridge/databricks/network"
	"ucbridge/config/route"
)

const (
	// apiTimeout is how long one answer of the REST API may take, from the moment
	// there are credentials. Lists of a large metastore take seconds.
	apiTimeout = 10 * time.Second
	// maxAPIAnswer is how long, in bytes, an answer may be: a page of a list.
	maxAPIAnswer = 16 << 20
)

// Workspace is the REST API of the workspace, for what is asked beside the
// messages: which connections there are, who may use them. It goes by the rules
// of a Transport: the same credentials, hosts, refusals in words, and no redirects.
// It is safe for concurrent use.
type Workspace struct{ transport *Transport }

// OpenWorkspace is Open for the REST API; the Target of o does not matter.
func OpenWorkspace(o Options) (*Workspace, error) {
	transport, err := openTransport(o, destination{route: route.API})
	if err != nil {
		return nil, err
	}
	return &Workspace{transport}, nil
}

// Close closes idle connections.
func (w *Workspace) Close() { w.transport.Close() }

// Describe returns what is known now of the workspace and the login to it.
func (w *Workspace) Describe() Description { return w.transport.Describe() }

// Get reads the JSON at a path of the REST API, escaped and without a query,
// into answer. It returns after apiTimeout at the latest, once there are
// credentials. The error is that of ctx, or holds a *refusal.Error, or says that
// the answer is not the JSON expected.
func (w *Workspace) Get(ctx context.Context, path string, query url.Values, answer any) error {
	return w.call(ctx, http.MethodGet, path, query, answer)
}

// Delete deletes what is at a path of the REST API. Time and errors are as of Get.
func (w *Workspace) Delete(ctx context.Context, path string) error {
	return w.call(ctx, http.MethodDelete, path, nil, nil)
}

func (w *Workspace) call(ctx context.Context, method, path string, query url.Values, answer any) error {
	who, err := w.transport.signer.Sign(ctx) // may wait for a person, and has its own limit
	if err != nil {
		return err
	}
	timed, cancel := context.WithTimeout(ctx, apiTimeout)
	defer cancel()
	to, err := w.transport.URL().Parse(path)
	if err != nil {
		return fmt.Errorf("asking for %q: %w", path, err)
	}
	to.RawQuery = query.Encode()
	req := (&http.Request{Method: method, URL: to, Header: http.Header{"Accept": {"application/json"}}}).WithContext(timed)
	err = w.read(req, who, answer)
	if errors.Is(err, context.DeadlineExceeded) && ctx.Err() == nil {
		return auth.Unreachable(who.Base.String(), context.DeadlineExceeded)
	}
	return err
}

func (w *Workspace) read(req *http.Request, who auth.Signature, answer any) error {
	resp, err := w.transport.RoundTrip(req)
	if err != nil {
		return err
	}
	defer network.Drop(resp)
	if resp.StatusCode/100 != 2 { // of somebody between us and Databricks
		wire := readWire(resp, peekBody(resp, maxRefusal, toTheEnd))
		return w.transport.refuse(verdict{rule: &rules[len(rules)-1], wire: wire}, route.API, who)
	}
	// Databricks names the workspace in its answers (SDK, workspace_functions.go).
	who.LearnWorkspace(resp.Header.Get("X-Databricks-Org-Id"))
	if answer == nil {
		return nil
	}
	if err := json.NewDecoder(io.LimitReader(resp.Body, maxAPIAnswer)).Decode(answer); err != nil {
		return fmt.Errorf("reading the answer to %q: %w", req.URL.Path, err)
	}
	return nil
}

// Expiry signs in, unless that is done, and returns until when the token is
// good: the zero time where the credentials do not say it, as personal access
// tokens do not. Errors are those of Get.
func (w *Workspace) Expiry(ctx context.Context) (time.Time, error) {
	return w.transport.credentials.Expiry(ctx)
}

// Settings returns what flags, environment and ~/.databrickscfg come to, in the
// SDK's order. It uses no network and asks for no credentials. The error holds a
// [*refusal.Error]: there is no such profile, no workspace is named, or the host is
// not the profile's.
func (w *Workspace) Settings() ([]auth.Setting, error) { return w.transport.credentials.Settings() }

// LoginCommand returns the command line, the Databricks CLI's, that signs the
// user in to the workspace by a browser. It does not run it, and asks nobody. The
// error holds a [*refusal.Error], see [auth.Credentials.LoginCommand].
func (w *Workspace) LoginCommand() ([]string, error) { return w.transport.credentials.LoginCommand() }

// Transport returns the transport to a target that signs with the workspace's credentials.
// It remembers no route, and is closed with the workspace. The error is that of
// Open.
func (w *Workspace) Transport(t Target) (*Transport, error) {
	r, err := w.transport.Beside(t)
	if err != nil {
		return nil, err
	}
	r.routes = routeCache{}
	return r, nil
}

// Admits refuses a target on a host that gets no token. It uses no network and asks for
// no credentials. The error holds a [*refusal.Error]; nil also where it is not known yet
// which host the workspace has, or what the target is.
func (w *Workspace) Admits(t Target) error {
	d, err := t.parse()
	if err != nil || d.url == nil {
		return nil
	}
	base, err := w.transport.credentials.Host()
	if err != nil {
		return nil
	}
	_, err = d.address(d.route, base)
	return err
}

// Workspace is the REST API of the workspace that a Transport leads to, over the same
// connections and with the same credentials, or those of its callers. It is closed with
// the transport.
func (r *Transport) Workspace() *Workspace {
	return &Workspace{r.beside(destination{route: route.API})}
}

// SignInPage returns the address of the page on the workspace where a user signs
// in to the target, a connection or an MCP service. The error is plain, where
// the target has no such page, or as of Get.
func (w *Workspace) SignInPage(ctx context.Context, t Target) (string, error) {
	d, err := t.parse()
	if err != nil {
		return "", err
	}
	who, err := w.transport.credentials.Sign(ctx)
	if err != nil {
		return "", err
	}
	return words{destination: d, Identity: who.Identity}.loginURL(), nil
}
