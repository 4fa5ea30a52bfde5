package emulator

import (
	"cmp"
	"crypto/rand"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
)

// User is a person who may call the workspace with a personal access token.
type User struct {
	Name string // as in "ada@example.com"
	PAT  string
	// Scopes the token carries; nil means "all-apis". They also bound the OAuth
	// tokens issued to the user.
	Scopes []string
	// Groups the user is in, by name.
	Groups []string
	// Admin makes the user an admin of the metastore, who sees everything in the
	// catalog and may use it where granted only.
	Admin bool
}

// ServicePrincipal is a program that obtains OAuth tokens with its client
// credentials. In grants and in the audit list it goes by its ClientID.
type ServicePrincipal struct {
	ClientID, Secret string
	// IDToken is an identity token of another issuer that a federation policy takes
	// for the service principal's; "" for none.
	IDToken string
}

// scopeAll is the scope that covers every API; the CLI and the SDK ask for it.
const scopeAll = "all-apis"

// principal is who a token stands for.
type principal struct {
	name   string
	scopes []string
	groups []string
	admin  bool
}

func (p principal) has(scopes ...string) bool {
	return slices.ContainsFunc(p.scopes, func(s string) bool {
		return s == scopeAll || slices.Contains(scopes, s)
	})
}

// issued is an OAuth access token the workspace has given out.
type issued struct {
	principal
	expires time.Time
}

// directory holds who may call and with which tokens.
type directory struct {
	mu      sync.RWMutex
	users   map[string]User
	pats    map[string]principal
	secrets map[string]string    // of service principals, by client id
	access  map[string]issued    // OAuth access tokens
	refresh map[string]principal // OAuth refresh tokens

	key        tokenKey            // signs access tokens
	apps       map[string]OAuthApp // by client id
	policies   []FederationPolicy
	first      string                   // user, who signs in where a program plays the browser
	codes      map[string]authorization // given to browsers, by code
	identities map[string]string        // service principals, by identity token
}

// authorization is a login by a browser that waits for its program.
type authorization struct {
	challenge, redirect, client string
	scopes                      []string
	user                        string // who signed in
}

// addCode returns a code for a login.
func (d *directory) addCode(a authorization) string {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.codes == nil {
		d.codes = map[string]authorization{}
	}
	code := "code-demo-" + rand.Text()
	d.codes[code] = a
	return code
}

// AddUser makes the user known, replacing one of the same name and its token.
func (w *Workspace) AddUser(u User) {
	d := &w.directory
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.users == nil {
		d.users, d.pats = map[string]User{}, map[string]principal{}
	}
	delete(d.pats, d.users[u.Name].PAT)
	d.users[u.Name] = u
	d.first = cmp.Or(d.first, u.Name)
	if u.PAT != "" {
		d.pats[u.PAT] = u.principal()
	}
}

func (u User) principal() principal {
	p := principal{u.Name, slices.Clone(u.Scopes), slices.Clone(u.Groups), u.Admin}
	if u.Scopes == nil {
		p.scopes = []string{scopeAll}
	}
	return p
}

// RevokePAT makes the user's personal access token invalid.
func (w *Workspace) RevokePAT(user string) {
	w.directory.mu.Lock()
	defer w.directory.mu.Unlock()
	delete(w.directory.pats, w.directory.users[user].PAT)
}

// RevokeUser takes from a user every token and login that the workspace has given out:
// what they send next is refused. They may sign in again.
func (w *Workspace) RevokeUser(user string) {
	d := &w.directory
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.pats, d.users[user].PAT)
	maps.DeleteFunc(d.access, func(_ string, i issued) bool { return i.name == user })
	maps.DeleteFunc(d.refresh, func(_ string, p principal) bool { return p.name == user })
	maps.DeleteFunc(d.codes, func(_ string, a authorization) bool { return a.user == user })
}

// IssueToken returns an OAuth access token of a user that carries the scopes, all of
// the user's if there are none, as a sign-in to the app would.
func (w *Workspace) IssueToken(user, clientID string, scopes ...string) string {
	d := &w.directory
	d.mu.Lock()
	defer d.mu.Unlock()
	p := d.users[user].principal()
	p.scopes = narrowed(p, scopes)
	return d.addAccess(p, clientID, w.tokenTTL)
}

// AddServicePrincipal makes the service principal known, replacing one of the
// same client id.
func (w *Workspace) AddServicePrincipal(sp ServicePrincipal) {
	d := &w.directory
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.secrets == nil {
		d.secrets = map[string]string{}
	}
	d.secrets[sp.ClientID] = sp.Secret
	if sp.IDToken != "" {
		if d.identities == nil {
			d.identities = map[string]string{}
		}
		d.identities[sp.IDToken] = sp.ClientID
	}
}

// ExpireTokens makes every OAuth access token issued so far invalid. Refresh
// tokens and personal access tokens stay valid.
func (w *Workspace) ExpireTokens() {
	w.directory.mu.Lock()
	defer w.directory.mu.Unlock()
	clear(w.directory.access)
}

// IssueRefreshToken returns an OAuth refresh token for a user, as a browser
// login would leave one behind. The token endpoint exchanges it.
func (w *Workspace) IssueRefreshToken(user string) string {
	d := &w.directory
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.addRefresh(d.users[user].principal())
}

// addRefresh is called with the lock held.
func (d *directory) addRefresh(p principal) string {
	if d.refresh == nil {
		d.refresh = map[string]principal{}
	}
	token := "doar-demo-" + rand.Text()
	d.refresh[token] = p
	return token
}

// addAccess is called with the lock held.
func (d *directory) addAccess(p principal, client string, life time.Duration) string {
	if d.access == nil {
		d.access = map[string]issued{}
	}
	now := time.Now()
	token := d.key.access(p, client, now, now.Add(life))
	d.access[token] = issued{p, now.Add(life)}
	return token
}

// authenticate tells whom a request's token stands for.
//
// Verified: an unknown, foreign, revoked or expired token is refused with HTTP
// 403, error_code 403 and these words. Assumed: the answer to a request without
// any credential.
func (d *directory) authenticate(h http.Header) (principal, *refusal) {
	auth := h.Get("Authorization")
	if auth == "" {
		return principal{}, &refusal{
			status:  http.StatusUnauthorized,
			message: "Credential was not sent or was of an unsupported type for this API.",
		}
	}
	token, ok := strings.CutPrefix(auth, "Bearer ")
	d.mu.RLock()
	defer d.mu.RUnlock()
	if p, known := d.pats[token]; ok && known {
		return p, nil
	}
	if t, known := d.access[token]; ok && known && time.Now().Before(t.expires) {
		return t.principal, nil
	}
	return principal{}, &refusal{status: http.StatusForbidden, message: "Invalid access token."}
}

// missingScope is the refusal of a token without the scope. Verified: status,
// code and words.
func missingScope(scope, requestID string) *refusal {
	return &refusal{
		status:  http.StatusForbidden,
		message: "Provided OAuth token does not have required scopes: " + scope + " [ReqId: " + requestID + "]",
	}
}

// scheme returns the first word of an Authorization header.
func scheme(auth string) string {
	name, _, _ := strings.Cut(auth, " ")
	return name
}
