package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"time"
)

// modernRevision is the first one without a handshake.
const modernRevision = "2026-07-28"

// modernOnly makes a server that speaks both eras one of the new era alone: it
// stands before the server at target, passes what names a revision of that era,
// and refuses the rest as the specification says (2026-07-28, Versioning,
// "Backward Compatibility with Initialization-Based Versions"). It returns its URL
// and what ends it.
func modernOnly(target string) (string, func() error, error) {
	server, err := url.Parse(target)
	if err != nil {
		return "", nil, fmt.Errorf("reading the server's URL: %w", err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", nil, fmt.Errorf("listening: %w", err)
	}
	proxy := &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(server) }, FlushInterval: -1}
	gate := &http.Server{ReadHeaderTimeout: time.Minute, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		r.Body = io.NopCloser(bytes.NewReader(body)) // a proxy that passes the body on as it comes cuts one answer in a hundred
		switch {
		case err != nil || r.Method != http.MethodPost:
			w.WriteHeader(http.StatusMethodNotAllowed)
		case r.Header.Get("Mcp-Protocol-Version") < modernRevision:
			refuseRevision(w, body)
		default:
			proxy.ServeHTTP(w, r)
		}
	})}
	served := make(chan error, 1)
	go func() { served <- gate.Serve(listener) }()
	return "http://" + listener.Addr().String() + "/", func() error {
		err := gate.Close()
		if serving := <-served; !errors.Is(serving, http.ErrServerClosed) {
			err = errors.Join(err, serving)
		}
		return err
	}, nil
}

// refuseRevision answers a request of the old era.
func refuseRevision(w http.ResponseWriter, body []byte) {
	var m struct {
		ID json.RawMessage `json:"id"`
	}
	if err := json.Unmarshal(body, &m); err != nil || m.ID == nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusBadRequest)
	fmt.Fprintf(w, `{"jsonrpc":"2.0","id":%s,"error":{"code":-32022,"message":"Unsupported protocol version","data":{"supported":["%s"]}}}`, m.ID, modernRevision)
}
