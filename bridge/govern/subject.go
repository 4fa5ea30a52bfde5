package govern

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"ucbridge/bridge/confusable"
	"ucbridge/bridge/jsonrpc"
	"ucbridge/bridge/mcp"
	"ucbridge/bridge/strictjson"
)

// subject is what a message is about, as far as a policy can speak of it.
type subject struct {
	kind kind
	name string   // of the tool or prompt
	uris []string // of the resources
	// arguments are those of a call, or of a prompt; nil where there are none.
	arguments []byte
}

// is reports whether a policy would see the same in both.
func (s subject) is(other subject) bool {
	return s.kind == other.kind && s.name == other.name && slices.Equal(s.uris, other.uris)
}

type kind int

const (
	aboutNothing kind = iota // passes
	aboutTool
	aboutPrompt
	aboutResource
	aboutTemplate
	aboutUnknown // a method that is none of MCP's
)

// subjectOf reads what a message of the client is about, strictly: an error says
// that its server may read something else than the bridge does. The subject is then what
// exact names say. A notification is held
// to the same table of methods: a careless server might run a tools/call without an id.
func subjectOf(m jsonrpc.Message) (subject, error) {
	about, err := subjectOfParams(m)
	if twin := strictjson.Envelope(m); twin != nil {
		err = twin
	}
	return about, err
}

func subjectOfParams(m jsonrpc.Message) (subject, error) {
	method, known := mcp.Lookup(m.Method)
	if !known {
		s := subject{kind: aboutUnknown, name: m.Method}
		if as := resembled(m.Method); as != "" {
			return s, fmt.Errorf("method %q can be taken for %s", m.Method, as)
		}
		return s, nil
	}
	switch method.Subject {
	case mcp.SubjectTool:
		return named(aboutTool, m)
	case mcp.SubjectPrompt:
		return named(aboutPrompt, m)
	case mcp.SubjectResource:
		return located(m)
	case mcp.SubjectReference:
		return referred(m)
	case mcp.SubjectSubscription:
		return listening(m)
	}
	return subject{}, nil
}

// resembled returns the method of MCP that a careless reader may take another name for, ""
// where there is none.
func resembled(name string) string { return plainMethods()[plainMethod(name)] }

// plainMethods are MCP's methods by what is left of their names.
var plainMethods = sync.OnceValue(func() map[string]string {
	all := make(map[string]string)
	for method := range mcp.Methods() {
		all[plainMethod(method)] = method
	}
	return all
})

func plainMethod(name string) string {
	return strings.ReplaceAll(strings.Trim(confusable.Skeleton(name), "/"), "//", "/")
}

func named(k kind, m jsonrpc.Message) (subject, error) {
	given := m.Field("name")
	name, ok := strictjson.Text(given)
	s := subject{kind: k, name: name, arguments: m.Field("arguments")}
	if err := strictjson.Distinct(m, "name", "arguments", "task", "_meta", "inputResponses", "requestState"); err != nil {
		return s, err
	}
	if !ok {
		s.name = string(given)
		return s, errors.New("params.name is not a text")
	}
	return s, nil
}

func located(m jsonrpc.Message) (subject, error) {
	given := m.Field("uri")
	uri, ok := strictjson.Text(given)
	if !ok {
		uri = string(given)
	}
	s := subject{kind: aboutResource, uris: []string{uri}}
	if err := strictjson.Distinct(m, "uri", "_meta", "inputResponses", "requestState"); err != nil {
		return s, err
	}
	if !ok {
		return s, errors.New("params.uri is not a text")
	}
	return s, nil
}

// referred reads the prompt or the template that is to be completed.
func referred(m jsonrpc.Message) (subject, error) {
	values, err := strictjson.Params(m, "ref", "argument", "context", "_meta")
	if err != nil {
		return subject{}, err
	}
	ref, err := strictjson.Read(values[0], "type", "name", "uri")
	if err != nil {
		return subject{}, fmt.Errorf("params.ref: %w", err)
	}
	name, isPrompt := strictjson.Text(ref[1])
	uri, isTemplate := strictjson.Text(ref[2])
	switch {
	case isPrompt && ref[2] == nil:
		return subject{kind: aboutPrompt, name: name}, nil
	case isTemplate && ref[1] == nil:
		return subject{kind: aboutTemplate, uris: []string{uri}}, nil
	}
	return subject{}, errors.New("params.ref has neither a name nor a uri, or both")
}

// listening reads the resources that a subscription is about (2026-07-28).
func listening(m jsonrpc.Message) (subject, error) {
	values, err := strictjson.Params(m, "notifications", "_meta")
	if err != nil {
		return subject{}, err
	}
	if values[0] == nil {
		return subject{}, nil
	}
	filter, err := strictjson.Read(values[0], "resourceSubscriptions")
	if err != nil {
		return subject{}, fmt.Errorf("params.notifications: %w", err)
	}
	if filter[0] != nil && filter[0][0] != '[' { // a careless server may take a text for a list of one
		return subject{}, errors.New("params.notifications.resourceSubscriptions is not an array")
	}
	s := subject{kind: aboutResource}
	for _, element := range jsonrpc.Elements(filter[0]) {
		uri, ok := strictjson.Text(element)
		if !ok {
			return subject{}, errors.New("a resource subscription is not a text")
		}
		s.uris = append(s.uris, uri)
	}
	return s, nil
}
