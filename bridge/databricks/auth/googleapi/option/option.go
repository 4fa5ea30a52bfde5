// Package option says which credentials to use.
package option

// ClientOption is what the functions of the packages beside it take.
type ClientOption struct {
	// CredentialsJSON is the content of a credentials file. Without it, the
	// Application Default Credentials are used.
	CredentialsJSON []byte
}

// WithCredentialsJSON makes an option of the content of a credentials file: a
// service account's key, or what stands in for one.
func WithCredentialsJSON(content []byte) ClientOption {
	return ClientOption{CredentialsJSON: content}
}
