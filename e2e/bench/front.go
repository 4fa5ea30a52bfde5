package main

import (
	"bytes"
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
	"strconv"
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
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(to)
			r.Out.Header.Set(askedHeader, r.In.Host)
		},
		ModifyResponse: func(answer *http.Response) error { return moveHere(answer, workspace) },
		FlushInterval:  -1,
		ErrorLog:       quiet,
		Transport:      &http.Transport{MaxIdleConnsPerHost: mostConnections, IdleConnTimeout: time.Minute, DisableCompression: true},
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

// askedHeader tells moveHere by which address the front was asked for. It reaches
// the workspace, which does not know it.
const askedHeader = "Bench-Asked"

// moveHere replaces the workspace's address, where it tells of its endpoints, by
// the one that it was asked by: a client is to stay on its line.
func moveHere(answer *http.Response, workspace string) error {
	path := answer.Request.URL.Path
	if !strings.HasPrefix(path, "/.well-known/") && !strings.HasPrefix(path, "/oidc/.well-known/") {
		return nil
	}
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		return err
	}
	moved := bytes.ReplaceAll(body, []byte(workspace), []byte("https://"+answer.Request.Header.Get(askedHeader)))
	answer.Body = io.NopCloser(bytes.NewReader(moved))
	answer.ContentLength = int64(len(moved))
	answer.Header.Set("Content-Length", strconv.Itoa(len(moved)))
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
