// Package googleapi stands in for google.golang.org/api, of which the Databricks
// SDK uses three functions to sign a Google service account in (config/auth_gcp_*).
// The real module brings gRPC, protobuf and S2A with it, a third of the binary,
// and they are initialised whenever a process starts. The main module's go.mod
// puts this one in its place.
//
// It has what the SDK names and nothing else, made of golang.org/x/oauth2, which
// reads the same kinds of credentials. The requests are those of version 0.264.0,
// except that all of them go through the HTTP client of the context, where the
// real module sends some through one of its own; there are no client certificates
// for them (GOOGLE_API_USE_CLIENT_CERTIFICATE).
package googleapi
