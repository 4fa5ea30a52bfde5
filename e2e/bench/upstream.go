package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
)

// sessionID is the session that initialize begins. What begins with it is one as well.
const sessionID = "3f6c1c1e-6d0f-4a53-9b0e-6a1f6f0e7b51"

// upstream is an MCP server that does nothing but answer: it knows the requests
// of this program by their bytes, and tools/list. Its answers are JSON bodies of
// known length, but for those that are events.
type upstream struct{}

func (upstream) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch r.Method {
	case http.MethodPost:
	case http.MethodDelete:
		w.WriteHeader(http.StatusNoContent)
		return
	default: // there is no GET stream
		w.WriteHeader(http.StatusMethodNotAllowed)
		return
	}
	message := make([]byte, max(0, r.ContentLength))
	if _, err := io.ReadFull(r.Body, message); err != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	id, request, isRequest := cutRequest(message)
	switch {
	case isRequest && bytes.Equal(request, initialize.request):
		w.Header()["Mcp-Session-Id"] = []string{sessionID}
	case len(message) < smallMessage && bytes.Contains(message, []byte(`"method":"initialize"`)):
		w.Header()["Mcp-Session-Id"] = []string{sessionID}
		answerOwn(w, message, initialize.answer)
		return
	case !strings.HasPrefix(r.Header.Get("Mcp-Session-Id"), sessionID):
		w.WriteHeader(http.StatusNotFound)
		return
	case len(message) < smallMessage && bytes.Contains(message, []byte(`"method":"tools/list"`)):
		answerOwn(w, message, crowdTools(r.URL.Path))
		return
	case !isRequest:
		w.WriteHeader(http.StatusAccepted)
		return
	}
	tail, events := answerTo(request, len(message))
	h := w.Header()
	if events {
		h["Content-Type"] = []string{"text/event-stream"}
		_, _ = io.WriteString(w, eventHead)
	} else {
		h["Content-Type"] = []string{"application/json"}
		h["Content-Length"] = []string{strconv.Itoa(len(messageHead) + len(id) + len(tail))}
	}
	_, _ = io.WriteString(w, messageHead) // a caller that has gone needs no answer
	_, _ = w.Write(id)
	_, _ = w.Write(tail)
	if events {
		_, _ = io.WriteString(w, eventTail)
		_ = http.NewResponseController(w).Flush() // so that it has no length
	}
}

// smallMessage bounds, in bytes, what is looked through for requests of a bridge's own.
const smallMessage = 1 << 10

// toolList is the answer to tools/list behind its id.
var toolList = []byte(`,"result":{"tools":[{"name":"echo","inputSchema":{"type":"object"},"annotations":{"readOnlyHint":true}},` +
	`{"name":"big","inputSchema":{"type":"object"},"annotations":{"readOnlyHint":true}}]}}`)

// answerOwn answers a request that a bridge has made, under an id of its own.
func answerOwn(w http.ResponseWriter, message, tail []byte) {
	var request struct{ ID json.RawMessage }
	if err := json.Unmarshal(message, &request); err != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	w.Header()["Content-Type"] = []string{"application/json"}
	fmt.Fprintf(w, `{"jsonrpc":"2.0","id":%s%s`, request.ID, tail)
}

// cutRequest splits a request of this program into its id and what follows.
func cutRequest(message []byte) (id, request []byte, ok bool) {
	rest, ok := bytes.CutPrefix(message, []byte(messageHead))
	if !ok || len(rest) < idLength {
		return nil, nil, false
	}
	return rest[:idLength], rest[idLength:], true
}

// answerTo returns the answer behind its id, and whether it comes as an event.
func answerTo(request []byte, length int) (answer []byte, events bool) {
	for _, c := range []call{initialize, answer1MiB, answer8MiB, events8MiB} {
		if bytes.Equal(request, c.request) {
			return c.answer, c.events
		}
	}
	return echoAnswer(length), bytes.Equal(request, smallEvents.request)
}
