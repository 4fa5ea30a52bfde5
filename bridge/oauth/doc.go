// Package oauth is what a gateway needs to be a protected resource of OAuth 2.0, to
// which MCP clients sign in by themselves (MCP 2026-07-28, Authorization): the documents
// by which they find where to sign in, the challenges that lead there, and a look at the
// token that they bring.
//
//	client ── 401, WWW-Authenticate: resource_metadata ──▶ /.well-known/oauth-protected-resource/mcp/github
//	       ── authorization_servers ──▶ the workspace's OIDC, or its front here
//	       ── authorize, PKCE, token ──▶ the workspace
//	       ── Authorization: Bearer ──▶ the gateway, and with the request on to the workspace
//
// Whether a token is good is the workspace's to say, which sees it with each request.
// What is looked at here is whether it is the workspace's at all, so that a foreign one
// goes nowhere and its owner reads why.
package oauth
