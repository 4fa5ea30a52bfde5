// Package network carries HTTP to Databricks over whatever stands in between:
// proxies, TLS interception, a laptop's sleep. It puts what fails before an
// answer into words, and tells what was never sent from what may have run
// ([NeverSent]). A [Pool] is the transport of all traffic.
package network

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/binary"
	"fmt"
	"net"
	"net/http"
	"os"
	"time"
	"unicode/utf16"
)

// deadTimeout is how long a connection is believed on which the other side
// acknowledges nothing.
const deadTimeout = 30 * time.Second

// newTransport returns the transport of all traffic. Nothing in it limits how
// long an answer may take; a dead connection is found out by keep-alive probes and
// deadTimeout (HTTP/1) and pings (HTTP/2), so that a laptop that slept does not wait on it.
func newTransport(caFile string) (*http.Transport, error) {
	roots, err := loadRoots(caFile)
	if err != nil {
		return nil, err
	}
	dialer := &net.Dialer{
		Control:         bound,
		Timeout:         10 * time.Second,
		KeepAliveConfig: net.KeepAliveConfig{Enable: true, Idle: 15 * time.Second, Interval: 5 * time.Second, Count: 4},
	}
	return &http.Transport{
		Proxy:                  http.ProxyFromEnvironment,
		OnProxyConnectResponse: readConnect,
		DialContext:            dialer.DialContext,
		TLSClientConfig:        &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12},
		TLSHandshakeTimeout:    10 * time.Second,
		ForceAttemptHTTP2:      true,
		HTTP2:                  &http.HTTP2Config{SendPingTimeout: 15 * time.Second, PingTimeout: 15 * time.Second},
		MaxIdleConnsPerHost:    256, // as many as calls in flight: Go keeps two by default and reconnects for the rest
		IdleConnTimeout:        90 * time.Second,
		ExpectContinueTimeout:  time.Second,
		DisableCompression:     true,
	}, nil
}

// loadRoots returns the system's certificates and those of the file, nil for the
// system's alone.
func loadRoots(caFile string) (*x509.CertPool, error) {
	if caFile == "" {
		return nil, nil
	}
	raw, err := os.ReadFile(caFile)
	if err != nil {
		return nil, fmt.Errorf("reading --ca-file: %w", err)
	}
	roots, err := x509.SystemCertPool()
	if err != nil {
		return nil, fmt.Errorf("reading the system's certificates: %w", err)
	}
	if one, err := x509.ParseCertificate(raw); err == nil { // DER, as Windows exports it
		roots.AddCert(one)
	} else if !roots.AppendCertsFromPEM(plainText(raw)) {
		return nil, fmt.Errorf("reading --ca-file: no certificate in PEM form in %s", caFile)
	}
	return roots, nil
}

// plainText is text without its byte order mark, and from UTF-16 where the mark says so:
// Windows' editors write the one, PowerShell's ">" the other.
func plainText(raw []byte) []byte {
	var order binary.ByteOrder
	switch {
	case bytes.HasPrefix(raw, []byte("\xef\xbb\xbf")):
		return raw[3:]
	case bytes.HasPrefix(raw, []byte("\xff\xfe")):
		order = binary.LittleEndian
	case bytes.HasPrefix(raw, []byte("\xfe\xff")):
		order = binary.BigEndian
	default:
		return raw
	}
	units := make([]uint16, len(raw)/2-1)
	for i := range units {
		units[i] = order.Uint16(raw[2+2*i:])
	}
	return []byte(string(utf16.Decode(units)))
}
