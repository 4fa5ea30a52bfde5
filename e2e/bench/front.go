package main

import (
	"encoding/pem"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"time"
)

// frontCommand makes this program the workspace's front: HTTPS with HTTP/2, as
// Databricks has it, so that many streams share few connections.
const frontCommand = "front"

// serveFront serves the workspace at an https address, until in ends. The
// certificate goes into a file.
func serveFront(workspace, certificate string, in io.Reader, out io.Writer) error {
	to, err := url.Parse(workspace)
	if err != nil {
		return fmt.Errorf("reading the workspace's address: %w", err)
	}
	proxy := &httputil.ReverseProxy{
		Rewrite:       func(r *httputil.ProxyRequest) { r.SetURL(to) },
		FlushInterval: -1,
		Transport:     &http.Transport{MaxIdleConnsPerHost: mostConnections, IdleConnTimeout: time.Minute, DisableCompression: true},
	}
	server := httptest.NewUnstartedServer(proxy)
	server.EnableHTTP2 = true
	server.StartTLS()
	raw := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
	if err := os.WriteFile(certificate, raw, 0o600); err != nil {
		return fmt.Errorf("writing the certificate: %w", err)
	}
	fmt.Fprintln(out, server.URL)
	_, _ = io.Copy(io.Discard, in) // however it ends, it has ended
	server.CloseClientConnections()
	return nil
}
