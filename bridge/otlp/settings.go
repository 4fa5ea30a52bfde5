package otlp

import (
	"cmp"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path"
	"strconv"
	"strings"
	"time"

	"go.opentelemetry.io/otel"
)

const (
	tracesPath      = "/v1/traces"
	defaultEndpoint = "http://localhost:4318" + tracesPath
	defaultTimeout  = 10 * time.Second
)

// settings are what the variables say.
type settings struct {
	endpoint *url.URL
	variable string // that sets the endpoint, or would
	headers  map[string]string
	timeout  time.Duration // of an attempt
	gzip     bool
	json     bool // else protobuf
	tls      *tls.Config
}

// place is the endpoint as a log may show it: without a password, and without the query,
// in which some collectors want a key.
func (s settings) place() string {
	return (&url.URL{Scheme: s.endpoint.Scheme, Host: s.endpoint.Host, Path: s.endpoint.Path}).String()
}

// environment reads OTEL_EXPORTER_OTLP_* variables.
type environment func(string) string

// value returns a variable for traces, or for all signals.
func (env environment) value(name string) (variable, value string) {
	for _, variable = range []string{"OTEL_EXPORTER_OTLP_TRACES_" + name, "OTEL_EXPORTER_OTLP_" + name} {
		if value = strings.TrimSpace(env(variable)); value != "" {
			return variable, value
		}
	}
	return "", ""
}

// unreadable reports a value that is left out.
func unreadable(variable string, err error) {
	otel.Handle(fmt.Errorf("reading %s: %w", variable, err))
}

func readSettings(getenv func(string) string) settings {
	env := environment(getenv)
	s := settings{timeout: env.timeout(), headers: env.headers(), tls: env.tls()}
	s.endpoint, s.variable = env.endpoint()
	switch variable, compression := env.value("COMPRESSION"); strings.ToLower(compression) {
	case "gzip":
		s.gzip = true
	case "", "none":
	default:
		unreadable(variable, fmt.Errorf("%q is not spoken here, gzip and none are", compression))
	}
	switch variable, protocol := env.value("PROTOCOL"); strings.ToLower(protocol) {
	case "http/json":
		s.json = true
	case "", "http/protobuf":
	default:
		unreadable(variable, fmt.Errorf("%q is not spoken here: spans go out by http/protobuf, for which collectors have another port (4318)", protocol))
	}
	return s
}

// timeout is that of an attempt, 0 for none.
func (env environment) timeout() time.Duration {
	variable, value := env.value("TIMEOUT")
	if value == "" {
		return defaultTimeout
	}
	ms, err := strconv.ParseUint(value, 10, 31)
	if err != nil {
		unreadable(variable, errors.New("not a number of milliseconds"))
		return defaultTimeout
	}
	return time.Duration(ms) * time.Millisecond
}

// endpoint returns the URL for traces, and the variable that sets it, or would. The one
// for all signals is a base to which the path is added; the one for traces is taken as it
// is. Whether TLS is spoken says the scheme alone: OTEL_EXPORTER_OTLP_INSECURE is for gRPC.
func (env environment) endpoint() (u *url.URL, variable string) {
	u, err := url.Parse(defaultEndpoint)
	if err != nil {
		panic(err) // a constant
	}
	variable, value := env.value("ENDPOINT")
	if value != "" {
		given, err := url.Parse(value)
		if err != nil || given.Hostname() == "" || given.Scheme != "http" && given.Scheme != "https" {
			unreadable(variable, errors.New("not a URL such as http://localhost:4318"))
		} else {
			u = &url.URL{Scheme: given.Scheme, User: given.User, Host: given.Host, Path: path.Join("/", given.Path), RawQuery: given.RawQuery}
			if !strings.Contains(variable, "_TRACES_") {
				u.Path = path.Join(u.Path, tracesPath)
			}
		}
	}
	return u, cmp.Or(variable, "OTEL_EXPORTER_OTLP_ENDPOINT")
}

// headers reads "name=value,name=value", in which values are percent-encoded.
func (env environment) headers() map[string]string {
	variable, list := env.value("HEADERS")
	all := make(map[string]string)
	for pair := range strings.SplitSeq(list, ",") {
		if strings.TrimSpace(pair) == "" {
			continue
		}
		name, encoded, ok := strings.Cut(pair, "=")
		value, err := url.PathUnescape(encoded)
		name, value = strings.TrimSpace(name), strings.TrimSpace(value)
		if !ok || err != nil || !isToken(name) || strings.ContainsFunc(value, isControl) {
			// A header may be a secret: it is not shown.
			unreadable(variable, errors.New("a header is not name=value"))
			continue
		}
		all[name] = value
	}
	return all
}

// isToken reports whether text is a token of RFC 9110, section 5.6.2.
func isToken(text string) bool {
	return text != "" && strings.Trim(strings.ToLower(text), "abcdefghijklmnopqrstuvwxyz0123456789!#$%&'*+-.^_`|~") == "" &&
		!strings.ContainsAny(text, " \t\r\n:")
}

// isControl reports whether a character may not stand in the value of a header (RFC 9110,
// section 5.5).
func isControl(c rune) bool { return c < ' ' && c != '\t' || c == 0x7f }

// tls returns the configuration of TLS, nil for the default.
func (env environment) tls() *tls.Config {
	var c tls.Config
	if variable, file := env.value("CERTIFICATE"); file != "" {
		content, err := os.ReadFile(file)
		pool := x509.NewCertPool()
		switch {
		case err != nil:
			unreadable(variable, err)
		case !pool.AppendCertsFromPEM(content):
			unreadable(variable, fmt.Errorf("no certificate in PEM form in %s", file))
		default:
			c.RootCAs = pool
		}
	}
	variable, certificate := env.value("CLIENT_CERTIFICATE")
	keyVariable, key := env.value("CLIENT_KEY")
	switch {
	case certificate == "" && key != "":
		unreadable(keyVariable, errors.New("a key without a certificate (OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE)"))
	case certificate != "" && key == "":
		unreadable(variable, errors.New("a certificate without its key (OTEL_EXPORTER_OTLP_CLIENT_KEY)"))
	case certificate != "":
		pair, err := tls.LoadX509KeyPair(certificate, key)
		if err != nil {
			unreadable(variable, err)
		} else {
			c.Certificates = []tls.Certificate{pair}
		}
	}
	if c.RootCAs == nil && c.Certificates == nil {
		return nil
	}
	return &c
}
