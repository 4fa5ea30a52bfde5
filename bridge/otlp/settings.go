package otlp

import (
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
	defaultEndpoint = "https://localhost:4318" + tracesPath
	defaultTimeout  = 10 * time.Second
)

// settings are what the variables say.
type settings struct {
	endpoint string // URL
	headers  map[string]string
	timeout  time.Duration // of an attempt
	gzip     bool
	json     bool // else protobuf
	tls      *tls.Config
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
	s := settings{endpoint: env.endpoint(), timeout: defaultTimeout, headers: env.headers(), tls: env.tls()}
	if variable, value := env.value("TIMEOUT"); value != "" {
		ms, err := strconv.Atoi(value)
		if err != nil {
			unreadable(variable, errors.New("not a number of milliseconds"))
		} else {
			s.timeout = time.Duration(ms) * time.Millisecond
		}
	}
	_, compression := env.value("COMPRESSION")
	s.gzip = compression == "gzip"
	switch variable, protocol := env.value("PROTOCOL"); protocol {
	case "http/json":
		s.json = true
	case "", "http/protobuf":
	default:
		unreadable(variable, fmt.Errorf("%q is not spoken here, http/protobuf is", protocol))
	}
	return s
}

// endpoint returns the URL for traces. The variable for all signals is a base to
// which the path is added; the one for traces is taken as it is.
func (env environment) endpoint() string {
	u, err := url.Parse(defaultEndpoint)
	if err != nil {
		panic(err) // a constant
	}
	if variable, value := env.value("ENDPOINT"); value != "" {
		given, err := url.Parse(value)
		if err != nil || given.Host == "" {
			unreadable(variable, errors.New("not a URL such as http://localhost:4318"))
		} else {
			u = &url.URL{Scheme: strings.ToLower(given.Scheme), User: given.User, Host: given.Host, Path: path.Join("/", given.Path), RawQuery: given.RawQuery}
			if !strings.Contains(variable, "_TRACES_") {
				u.Path = path.Join(u.Path, tracesPath)
			}
		}
	}
	if _, insecure := env.value("INSECURE"); strings.EqualFold(insecure, "true") {
		u.Scheme = "http"
	}
	return u.String()
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
		if name = strings.TrimSpace(name); !ok || err != nil || !isToken(name) {
			// A header may be a secret: it is not shown.
			unreadable(variable, errors.New("a header is not name=value"))
			continue
		}
		all[name] = strings.TrimSpace(value)
	}
	return all
}

// isToken reports whether text is a token of RFC 9110, section 5.6.2.
func isToken(text string) bool {
	return text != "" && strings.Trim(strings.ToLower(text), "abcdefghijklmnopqrstuvwxyz0123456789!#$%&'*+-.^_`|~") == "" &&
		!strings.ContainsAny(text, " \t\r\n:")
}

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
	if _, key := env.value("CLIENT_KEY"); certificate != "" && key != "" {
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
