package oauth

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
)

// Metadata is what a workspace tells everybody of itself.
type Metadata struct {
	// Issuer and the endpoints are those of its authorization server (RFC 8414).
	Issuer   string `json:"issuer"`
	Endpoint string `json:"authorization_endpoint"`
	Token    string `json:"token_endpoint"`
	// Documents says that it takes the address of a client's metadata as its client id
	// (draft-ietf-oauth-client-id-metadata-document).
	Documents bool `json:"client_id_metadata_document_supported"`
	// WorkspaceID and AccountID are "" where it does not tell them.
	WorkspaceID string `json:"-"`
	AccountID   string `json:"-"`

	document map[string]json.RawMessage // of the authorization server, as it came
}

// Workspace is a Databricks workspace as an authorization server. Make one with
// NewWorkspace; it is safe for concurrent use.
type Workspace struct {
	base   *url.URL
	client *http.Client

	metadata *known[Metadata]
}

// maxDocument bounds a document, in bytes.
const maxDocument = 1 << 20

// NewWorkspace returns the workspace at an address. The client adds no credentials.
func NewWorkspace(base *url.URL, client *http.Client) *Workspace {
	w := &Workspace{base: base, client: client}
	w.metadata = newKnown(w.look)
	return w
}

// Issuer is the authorization server's name before anything was asked
// (databricks-sdk-go credentials/u2m, endpoint_supplier.go).
func (w *Workspace) Issuer() string { return w.base.String() + "/oidc" }

// Metadata returns what the workspace tells of itself. Of a workspace that does not
// answer, what it told before holds.
func (w *Workspace) Metadata(ctx context.Context) (*Metadata, error) { return w.metadata.get(ctx) }

// look reads the workspace's documents. An older workspace has the second alone.
func (w *Workspace) look(ctx context.Context) (*Metadata, error) {
	var host struct {
		WorkspaceID string `json:"workspace_id"`
		AccountID   string `json:"account_id"`
	}
	if raw, err := w.get(ctx, "/.well-known/databricks-config"); err == nil {
		if err := json.Unmarshal(raw, &host); err != nil {
			return nil, fmt.Errorf("reading databricks-config: %w", err)
		}
	}
	raw, err := w.get(ctx, "/oidc/.well-known/oauth-authorization-server")
	if err != nil {
		return nil, err
	}
	m := &Metadata{WorkspaceID: host.WorkspaceID, AccountID: host.AccountID}
	if err := errors.Join(json.Unmarshal(raw, m), json.Unmarshal(raw, &m.document)); err != nil {
		return nil, fmt.Errorf("reading the metadata of %s: %w", w.Issuer(), err)
	}
	if m.Issuer == "" || m.Endpoint == "" || m.Token == "" {
		return nil, fmt.Errorf("the metadata of %s has no issuer, or no endpoints", w.Issuer())
	}
	return m, nil
}

func (w *Workspace) get(ctx context.Context, path string) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, w.base.String()+path, nil)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Accept", "application/json")
	resp, err := w.client.Do(req)
	if err != nil {
		return nil, fmt.Errorf("reading the workspace's metadata: %w", err)
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(io.LimitReader(resp.Body, maxDocument))
	if err == nil && resp.StatusCode != http.StatusOK {
		err = fmt.Errorf("HTTP %d", resp.StatusCode)
	}
	if err != nil {
		return nil, fmt.Errorf("reading %s of the workspace: %w", path, err)
	}
	return raw, nil
}
