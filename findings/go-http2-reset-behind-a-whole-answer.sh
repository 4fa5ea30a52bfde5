#!/usr/bin/env bash
# Guess:   a client that has read all bytes that Content-Length announces, or a whole JSON answer,
#          and then closes the body has left nothing undone: the server hears nothing of it.
# Instead: over HTTP/1.1 it is so. Over HTTP/2 Go's client resets the stream (RST_STREAM) if the
#          frame that ends it has not come yet, whatever the length says. A Go server whose
#          handler has sent its answer and still works then sees the request cancelled.
#          json.NewDecoder(body).Decode and Close, as much code reads answers, does it too. Only
#          who reads to io.EOF, which waits for the handler's end, does not.
# Where:   net/http of Go 1.26.8, golang.org/x/net/http2 v0.62.0
# Output:  net/http, HTTP/1.1: read by length: nothing; by json.Decoder: nothing; to io.EOF: nothing
#          net/http, HTTP/2: read by length: cancelled; by json.Decoder: cancelled; to io.EOF: nothing
#          x/net/http2, HTTP/2: read by length: cancelled; by json.Decoder: cancelled; to io.EOF: nothing
# Matters: a server that writes its audit record behind the answer, with the request's context,
#          loses it for such clients only, and a gateway counts an answered tool call as
#          cancelled. A bridge reads to io.EOF; a server detaches what must still be done.
# A handler that still works does so for a second.
set -euo pipefail
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
cat > go.mod <<'EOF'
module check
go 1.26
require golang.org/x/net v0.62.0
EOF
cat > main.go <<'EOF'
package main

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"time"

	"golang.org/x/net/http2"
)

const answer = `{"jsonrpc":"2.0","id":1,"result":{"content":[]}}`

func main() {
	seen := make(chan string, 1)
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Content-Length", fmt.Sprint(len(answer)))
		io.WriteString(w, answer)
		w.(http.Flusher).Flush()
		select {
		case <-r.Context().Done():
			seen <- "cancelled"
		case <-time.After(time.Second):
			seen <- "nothing"
		}
	}))
	server.EnableHTTP2 = true
	server.StartTLS()
	defer server.Close()

	roots := x509.NewCertPool()
	roots.AddCert(server.Certificate())
	plain := func() *http.Transport { return &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}} }
	second := plain()
	second.ForceAttemptHTTP2 = true
	other := plain()
	if err := http2.ConfigureTransport(other); err != nil {
		panic(err)
	}
	for _, client := range []struct {
		name, proto string
		transport   *http.Transport
	}{
		{"net/http, HTTP/1.1", "HTTP/1.1", plain()},
		{"net/http, HTTP/2", "HTTP/2.0", second},
		{"x/net/http2, HTTP/2", "HTTP/2.0", other},
	} {
		var row []string
		for _, way := range []struct {
			name string
			read func(*http.Response) error
		}{
			{"read by length", func(r *http.Response) error { _, err := io.ReadFull(r.Body, make([]byte, r.ContentLength)); return err }},
			{"by json.Decoder", func(r *http.Response) error { return json.NewDecoder(r.Body).Decode(new(any)) }},
			{"to io.EOF", func(r *http.Response) error { _, err := io.ReadAll(r.Body); return err }},
		} {
			r, err := (&http.Client{Transport: client.transport}).Get(server.URL)
			if err != nil {
				panic(err)
			}
			if r.Proto != client.proto {
				panic(r.Proto)
			}
			if err := way.read(r); err != nil {
				panic(err)
			}
			r.Body.Close()
			row = append(row, way.name+": "+<-seen)
		}
		fmt.Printf("%s: %s\n", client.name, strings.Join(row, "; "))
	}
}
EOF
go mod tidy >tidy.log 2>&1 || { cat tidy.log; exit 1; }
seen=$(go run .)
echo "$seen"
[ "$seen" = 'net/http, HTTP/1.1: read by length: nothing; by json.Decoder: nothing; to io.EOF: nothing
net/http, HTTP/2: read by length: cancelled; by json.Decoder: cancelled; to io.EOF: nothing
x/net/http2, HTTP/2: read by length: cancelled; by json.Decoder: cancelled; to io.EOF: nothing' ] || { echo 'CHANGED: streams are closed otherwise'; exit 1; }
