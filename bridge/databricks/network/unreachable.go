package network

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"net/http"
	"net/url"
	"strings"

	"ucbridge/bridge/lazyregexp"
	"ucbridge/bridge/refusal"
	"ucbridge/bridge/requesttrace"
)

// largeRequest is a size, in bytes, that boxes on the way may not take. Some, as squid,
// close the connection on whoever is still sending, so that their 413 is lost.
const largeRequest = 512 << 10

// malformed is what net/http says of bytes that are not the whole head of an HTTP
// response; its errors have
// no type (net/http response.go and transfer.go, net/textproto).
var malformed = lazyregexp.New(`malformed (?:HTTP|MIME)|(?:bad|empty|multiple) Content-Length|unsupported transfer encoding`)

// cut words a connection that ended after the request, or a part of it, was sent.
func cut(req *http.Request, err error) *refusal.Error {
	if requesttrace.Dead(err) {
		return refusal.New(refusal.ConnectionCut, "The connection to %s is dead: nothing that was sent has arrived for %s. %s", req.URL.Hostname(), deadTimeout, refusal.CheckFirst).
			WithHint("check the network and the VPN; the next call opens a new connection")
	}
	if malformed.MatchString(err.Error()) {
		return refusal.New(refusal.ConnectionCut, "The answer of %s is not HTTP, or was cut at its beginning. %s", req.URL.Hostname(), refusal.CheckFirst).
			WithHint("if it stays so, see what listens there and what is in between").Because(err)
	}
	e := refusal.New(refusal.ConnectionCut,
		"The connection to %s was cut before the answer came. %s", req.URL.Hostname(), refusal.CheckFirst)
	if req.ContentLength >= largeRequest {
		return e.WithHint("the message has %d KiB; if smaller ones pass, something in between limits the size", req.ContentLength>>10)
	}
	return e
}

// Unreachable words a failure that came before anything was sent.
func Unreachable(to *url.URL, err error) *refusal.Error {
	if proxy, ok := errors.AsType[*ProxyError](err); ok {
		return proxy.refused(to)
	}
	if certificate, ok := untrusted(err); ok {
		e := refusal.New(refusal.TLSUntrusted, "The certificate of %s is not trusted: %s.", to.Hostname(), certificate).
			WithHint("if a proxy of your organisation intercepts TLS, give its certificate with --ca-file FILE")
		e.Data.Detail = presented(err)
		return e
	}
	e := refusal.New(refusal.WorkspaceUnreachable, "%s cannot be reached: %s.", to.Host, networkCause(err)).
		WithHint("check the network, the VPN and HTTPS_PROXY, then try again")
	e.Data.Retryable = true
	return e
}

// untrusted reports whether err is about the peer's certificate, and says why.
func untrusted(err error) (string, bool) {
	var authority x509.UnknownAuthorityError
	var name x509.HostnameError
	var bad x509.CertificateInvalidError
	var any *tls.CertificateVerificationError
	switch {
	case errors.As(err, &authority):
		return "it is signed by an unknown authority", true
	case errors.As(err, &name):
		return "it is for another host", true
	case errors.As(err, &bad):
		return "it has expired or may not be used for this", true
	case errors.As(err, &any):
		return "it cannot be verified", true
	}
	return "", false
}

// NeverSent reports whether err is of a kind that comes before any byte of a
// request: a name that does not resolve, a refused connection, an untrusted
// certificate.
func NeverSent(err error) bool {
	var dns *net.DNSError
	var op *net.OpError
	_, tls := untrusted(err)
	_, proxy := errors.AsType[*ProxyError](err)
	return tls || proxy || errors.As(err, &dns) || errors.As(err, &op) && (op.Op == "dial" || op.Op == "proxyconnect")
}

func networkCause(err error) string {
	var dns *net.DNSError
	var op *net.OpError
	switch {
	case errors.As(err, &op) && op.Op == "proxyconnect":
		return "the proxy " + dialled(op.Err) + "before it does not answer (" + cause(op.Err) + ")"
	case errors.As(err, &dns):
		return "its name cannot be resolved"
	case errors.As(err, &op) && op.Timeout(), errors.Is(err, context.DeadlineExceeded):
		return "no answer in time"
	case errors.As(err, &op) && op.Err != nil:
		return cause(op.Err)
	}
	return cause(err)
}

// cause is what the system says of err, as a part of a sentence. On Windows its words are
// whole sentences.
func cause(err error) string {
	if errors.Is(err, errRefused) {
		return "connection refused"
	}
	return refusal.Quote(strings.TrimSuffix(innermost(err).Error(), "."))
}

// dialled is the address that was dialled in vain, with a space after it, "" where err
// does not say it.
func dialled(err error) string {
	op, ok := errors.AsType[*net.OpError](err)
	if !ok || op.Addr == nil {
		return ""
	}
	return op.Addr.String() + " "
}

func innermost(err error) error {
	for {
		next := errors.Unwrap(err)
		if next == nil {
			return err
		}
		err = next
	}
}

// presented names who issued the certificate that was not trusted.
func presented(err error) string {
	var failed *tls.CertificateVerificationError
	if !errors.As(err, &failed) || len(failed.UnverifiedCertificates) == 0 {
		return ""
	}
	chain := failed.UnverifiedCertificates
	return "issued by " + refusal.Quote(AuthorityOf(chain[len(chain)-1].Issuer).Name)
}
