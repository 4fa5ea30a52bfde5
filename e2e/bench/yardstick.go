package main

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"time"
)

// yardstickCommand makes this program the gateway that others are measured by.
const yardstickCommand = "yardstick"

// serveYardstick is httputil.ReverseProxy in front of the workspace, which signs
// each request with its caller's token and looks at nothing else.
func serveYardstick(workspace string, in io.Reader, out io.Writer) error {
	to, err := url.Parse(workspace + "/api/2.0/unity-catalog/connections/" + connection + "/proxy")
	if err != nil {
		return fmt.Errorf("reading the workspace's address: %w", err)
	}
	proxy := &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.Out.URL, r.Out.Host = to, to.Host
			r.Out.Header.Set("Authorization", "Bearer "+r.In.Header.Get("X-Forwarded-Access-Token"))
			r.Out.Header.Del("X-Forwarded-Access-Token")
		},
		FlushInterval: -1,
		Transport:     &http.Transport{MaxIdleConnsPerHost: mostConnections, IdleConnTimeout: time.Minute, DisableCompression: true},
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return fmt.Errorf("listening: %w", err)
	}
	server := &http.Server{Handler: proxy}
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	fmt.Fprintf(out, "serving http://%s/mcp/%s\n", listener.Addr(), connection)
	_, _ = io.Copy(io.Discard, in) // however it ends, it has ended
	err = server.Close()
	if end := <-served; !errors.Is(end, http.ErrServerClosed) {
		err = errors.Join(err, end)
	}
	return err
}
