// Package otlp sends the spans of an OpenTelemetry tracer to a collector by OTLP
// over HTTP, set by the standard's variables (OTEL_EXPORTER_OTLP_*).
//
// OpenTelemetry's own exporter brings gRPC and protobuf with it even where it
// speaks HTTP: a sixth of the binary, initialised at every start of a process. Of
// the protocol, this one writes what ucbridge's spans have: they have no events.
//
// Source: OpenTelemetry protocol specification 1.9 and the .proto files of
// opentelemetry-proto 1.9, specification of the exporter's variables 1.50.
package otlp

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strconv"
	"time"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"
)

const (
	// A request that may succeed later is repeated after a time that doubles, as
	// long as its batch may take.
	firstDelay = 5 * time.Second
	maxDelay   = 30 * time.Second
	// maxElapsed bounds all attempts for one batch: the next ones wait meanwhile.
	maxElapsed = time.Minute
	// maxAnswer is how much is read of a collector's answer, in bytes.
	maxAnswer = 64 << 10
)

// Exporter sends spans. It implements [sdktrace.SpanExporter] and is safe for
// concurrent use.
type Exporter struct {
	settings settings
	client   *http.Client
	stopped  context.Context // ends with Shutdown
	stop     context.CancelFunc
}

// New returns an exporter as the variables say that getenv (os.Getenv) returns. A
// value that cannot be read is reported to OpenTelemetry's error handler and left
// out, as the specification demands.
func New(getenv func(string) string) *Exporter {
	s := readSettings(getenv)
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.TLSClientConfig = s.tls
	// A redirect would take the headers, a key being one of them, to another host, and a
	// request that it makes a GET would lose its spans without an error.
	refuse := func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	stopped, stop := context.WithCancel(context.Background())
	return &Exporter{
		settings: s, client: &http.Client{Transport: transport, Timeout: s.timeout, CheckRedirect: refuse},
		stopped: stopped, stop: stop,
	}
}

// ExportSpans sends spans and returns when the collector has them, or has refused
// them, or ctx has ended.
func (e *Exporter) ExportSpans(ctx context.Context, spans []sdktrace.ReadOnlySpan) error {
	if len(spans) == 0 {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, maxElapsed)
	defer cancel()
	defer context.AfterFunc(e.stopped, cancel)()
	body, err := e.encode(spans)
	if err != nil {
		return fmt.Errorf("encoding spans: %w", err)
	}
	for delay := firstDelay; ; delay = min(2*delay, maxDelay) {
		again, after, err := e.send(ctx, body)
		if err == nil || !again {
			return err
		}
		// Half of it is chance, so that many replicas do not come back at once.
		wait := max(after, delay/2+rand.N(delay/2))
		if deadline, _ := ctx.Deadline(); time.Until(deadline) < wait {
			return err
		}
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return err
		}
	}
}

// Shutdown gives up what is being sent, and closes connections.
func (e *Exporter) Shutdown(context.Context) error {
	e.stop()
	e.client.CloseIdleConnections()
	return nil
}

// encode returns the body of a request.
func (e *Exporter) encode(spans []sdktrace.ReadOnlySpan) ([]byte, error) {
	body, err := newRequest(spans).encode(e.settings.json)
	if err != nil || !e.settings.gzip {
		return body, err
	}
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	_, err = w.Write(body)
	err = errors.Join(err, w.Close())
	return packed.Bytes(), err
}

// send makes one attempt. It reports whether another may succeed, and after which
// time the collector wants it.
func (e *Exporter) send(ctx context.Context, body []byte) (again bool, after time.Duration, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, e.settings.endpoint.String(), bytes.NewReader(body))
	if err != nil {
		return false, 0, err
	}
	req.Header.Set("User-Agent", "ucbridge")
	for name, value := range e.settings.headers {
		req.Header.Set(name, value)
	}
	req.Header.Set("Content-Type", contentTypes[e.settings.json])
	if e.settings.gzip {
		req.Header.Set("Content-Encoding", "gzip")
	}
	resp, err := e.client.Do(req)
	if err != nil {
		if fault, ok := errors.AsType[*url.Error](err); ok {
			err = fault.Err // which shows no query
		}
		return ctx.Err() == nil, 0, fmt.Errorf("sending spans to %s: %w", e.settings.place(), err)
	}
	defer resp.Body.Close()
	said, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	switch status := resp.StatusCode; {
	case status >= 200 && status < 300:
		if err != nil {
			return false, 0, fmt.Errorf("reading the collector's answer: %w", err)
		}
		return false, 0, rejection(resp.Header.Get("Content-Type"), said)
	case status >= 300 && status < 400:
		return false, 0, fmt.Errorf("the collector at %s answers %s, and redirects are not followed: set %s to the address where the collector itself is",
			e.settings.place(), resp.Status, e.settings.variable)
	case status == http.StatusTooManyRequests, status == http.StatusBadGateway,
		status == http.StatusServiceUnavailable, status == http.StatusGatewayTimeout:
		again, after = true, retryAfter(resp.Header.Get("Retry-After"))
	}
	return again, after, fmt.Errorf("the collector at %s answers %s: %.200q", e.settings.place(), resp.Status, said)
}

// retryAfter reads a Retry-After header, of seconds or a date.
func retryAfter(value string) time.Duration {
	if seconds, err := strconv.Atoi(value); err == nil {
		return time.Duration(min(max(seconds, 0), int(maxElapsed.Seconds())+1)) * time.Second
	}
	if date, err := http.ParseTime(value); err == nil {
		return max(time.Until(date), 0)
	}
	return 0
}
