package main

import (
	"context"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"strings"
	"time"
)

// frontCommand makes this program the workspace's front: HTTPS with HTTP/2, as
// Databricks has it, so that many streams share few connections.
const frontCommand = "front"

// serveFront serves the workspace at an https address, until in ends. The
// certificate goes into a file.
func serveFront(workspace, certificate string, in io.Reader, out io.Writer) error {
	quiet := log.New(io.Discard, "", 0) // clients that leave in the middle of a handshake are no fault
	to, err := url.Parse(workspace)
	if err != nil {
		return fmt.Errorf("reading the workspace's address: %w", err)
	}
	proxy := &httputil.ReverseProxy{
		Rewrite:       func(r *httputil.ProxyRequest) { r.SetURL(to) },
		FlushInterval: -1,
		ErrorLog:      quiet,
		Transport:     &http.Transport{MaxIdleConnsPerHost: mostConnections, IdleConnTimeout: time.Minute, DisableCompression: true},
	}
	server := httptest.NewUnstartedServer(proxy)
	server.EnableHTTP2 = true
	server.Config.ErrorLog = quiet
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

// startFront starts the front in a process of its own, and returns its address.
func startFront(ctx context.Context, p programs, workspace, certificate string) (*child, string, error) {
	c, err := startChild(ctx, nil, p.self, frontCommand, workspace, certificate)
	if err != nil {
		return nil, "", err
	}
	address, err := c.out.ReadString('\n')
	if err != nil {
		return nil, "", errors.Join(fmt.Errorf("starting the workspace's front: %w", err), c.close())
	}
	return c, strings.TrimSpace(address), nil
}
