package auth

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"github.com/databricks/databricks-sdk-go/config"

	"ucbridge/bridge/atomicfile"
	"ucbridge/bridge/databricks/origin"
	"ucbridge/bridge/refusal"
	"ucbridge/bridge/regularfile"
)

const (
	// endpointsTTL is how long it is believed where a host signs in.
	endpointsTTL = 24 * time.Hour
	// maxEndpointsFile bounds the file of a host, in bytes.
	maxEndpointsFile = 16 << 10
)

// endpoints is what a host tells everybody of signing in to it. It holds no secret.
type endpoints struct {
	Found time.Time `json:"found"`
	Host  string    `json:"host"` // as the SDK spells it
	// Described is the answer at MetadataPath.
	Described *config.HostMetadata `json:"described"`
	// Discovery is the address of the metadata of the authorization server (RFC 8414),
	// and Token what it says; both are "" for logins that do not ask for it.
	Discovery string `json:"discovery,omitempty"`
	Token     string `json:"token_endpoint,omitempty"`
}

// usable reports whether what a file says may be believed of a host. Whoever could write
// the file must not win by it: nothing in it leads a secret elsewhere than a host's own
// answers could.
func (e *endpoints) usable(host string) bool {
	age := time.Since(e.Found)
	if e.Host != host || age < 0 || age >= endpointsTTL || e.Described == nil {
		return false
	}
	for _, id := range []string{e.Described.WorkspaceID, e.Described.AccountID} {
		if id != "" && !plainID.MatchString(id) {
			return false
		}
	}
	for _, audience := range e.Described.TokenFederationDefaultOIDCAudiences {
		if audience != e.Described.AccountID && checkEndpoint(host, audience) != nil {
			return false
		}
	}
	for _, address := range []string{e.Described.OIDCEndpoint, e.Discovery, e.Token} {
		if address != "" && checkEndpoint(host, address) != nil {
			return false
		}
	}
	return (e.Discovery == "") == (e.Token == "")
}

// answer is the metadata of the authorization server as far as the SDK reads it.
func (e *endpoints) answer(req *http.Request) (*http.Response, error) {
	body, err := json.Marshal(map[string]string{"token_endpoint": e.Token})
	if err != nil {
		return nil, fmt.Errorf("encoding token endpoint: %w", err)
	}
	return response(req, http.StatusOK, body), nil
}

// checkEndpoint refuses to send a secret to an address that is neither the host's own
// nor a Databricks account's.
func checkEndpoint(host, address string) error {
	to, err := url.Parse(address)
	if err != nil {
		return fmt.Errorf("reading token endpoint: %w", errors.Unwrap(err))
	}
	if own, err := origin.Parse(host); err == nil && origin.Same(to, own) || origin.IsAccount(to) {
		return nil
	}
	return refusal.New(refusal.HostMismatch,
		"The workspace names %s as its sign-in address, which is neither its own host nor a Databricks account's: no secret is sent there.", refusal.Quote(to.Host)).
		WithHint("check that --host, or the host of the profile, is your workspace")
}

// endpointCache keeps endpoints in files, one a host. They save two round trips in
// front of the first token of a process.
type endpointCache struct {
	dir string // "" remembers nothing
}

func (c endpointCache) file(host string) string {
	sum := sha256.Sum256([]byte(host))
	return filepath.Join(c.dir, "endpoints-"+hex.EncodeToString(sum[:8])+".json")
}

// recall returns what is known of a host, nil where nothing usable is.
func (c endpointCache) recall(host string) *endpoints {
	if c.dir == "" {
		return nil
	}
	raw, err := regularfile.Read(c.file(host), maxEndpointsFile)
	if err != nil {
		return nil
	}
	var e endpoints
	if json.Unmarshal(raw, &e) != nil || !e.usable(host) {
		return nil
	}
	e.Described.Cloud = "" // see fetchMetadata
	return &e
}

func (c endpointCache) remember(e *endpoints) error {
	if c.dir == "" || !e.usable(e.Host) {
		return nil
	}
	raw, err := json.Marshal(e)
	if err == nil {
		err = atomicfile.Write(c.file(e.Host), append(raw, '\n'))
	}
	if err != nil {
		return fmt.Errorf("remembering where to sign in: %w", err)
	}
	return nil
}

// forget drops what was remembered of a host, because something went wrong with it.
func (c endpointCache) forget(host string) {
	if c.dir != "" {
		_ = os.Remove(c.file(host)) // what stays is believed for a day at most
	}
}
