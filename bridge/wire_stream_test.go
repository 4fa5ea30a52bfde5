package bridge

import (
	"io"
	"testing"

	"ucbridge/bridge/jsonrpc"
)

// TestWireStreams plays what each archive in testdata/wire says of streams: that of
// a call, on every route, and the server's own, or that of a subscription, on every
// route that carries it. Bytes are compared at both ends.
func TestWireStreams(t *testing.T) {
	t.Parallel()
	for _, archive := range wireArchives(t) {
		for _, route := range wireRoutes {
			t.Run(archive.revision+"/call/"+route, func(t *testing.T) {
				t.Parallel()
				archive.playStream(t, route, archive.lines["call"])
			})
			if route == "external-function" {
				continue
			}
			t.Run(archive.revision+"/listen/"+route, func(t *testing.T) {
				t.Parallel()
				archive.playStream(t, route, archive.lines["listen"])
			})
		}
	}
}

// playStream plays one stream: lines with > are the client's, those with < the
// server's. It is the stream of the first request, or else of the client's GET.
func (a wireArchive) playStream(t *testing.T, route string, lines []string) {
	t.Helper()
	server := newCounterpart()
	server.t = t
	if lines[0][0] == '<' {
		server.streams = make(chan *delivery, 1)
	}
	e := &ends{t: t, server: server, client: startWith(t, wireConfig(t, route, server.URL))}
	defer func() {
		e.client.in.Close()
		_, _ = io.Copy(io.Discard, e.client.lines)
		e.client.close()
		server.shut()
	}()
	if a.revision != "2026-07-28" {
		e.shakeHands(a.revision)
	}
	var stream *delivery
	if server.streams != nil {
		stream = e.server.next(server.streams)
	}
	if route == "external-function" {
		lines = withoutQuestions(t, lines)
	}
	var late []string // what a buffered route delivers when the stream has ended
	for _, line := range lines {
		text := line[2:]
		if line[0] == '<' {
			stream.event(text)
			if route == "external-function" {
				late = append(late, text)
				continue
			}
			e.expect(text)
			continue
		}
		e.client.send(text)
		d := e.server.receive().same(text)
		if m := parsed(t, text); m.IsRequest() {
			stream = d
		} else {
			d.accept()
		}
	}
	stream.end()
	for _, text := range late {
		e.expect(text)
	}
	e.fence()
}

// withoutQuestions leaves out what a server asks and how the client answers, and
// what the client says while a call is under way.
func withoutQuestions(t *testing.T, lines []string) []string {
	t.Helper()
	kept := lines[:1:1]
	for _, line := range lines[1:] {
		if m := parsed(t, line[2:]); line[0] == '<' && !m.IsRequest() {
			kept = append(kept, line)
		}
	}
	return kept
}

func parsed(t *testing.T, text string) jsonrpc.Message {
	t.Helper()
	m, err := jsonrpc.Parse([]byte(text))
	if err != nil {
		t.Fatalf("%v in %s", err, text)
	}
	return m
}
