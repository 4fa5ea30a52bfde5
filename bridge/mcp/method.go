package mcp

import "maps"

// Method is what is known of a method that a client may send.
type Method struct {
	Kind Kind
	// Subject is what the params name, so that a policy can speak of it.
	Subject Subject
	// Header is the parameter that an HTTP client repeats in Mcp-Name (2026-07-28,
	// Transports, "Standard Request Headers"), "" for none.
	Header string
	// ReadOnly says that the server changes nothing for it, so that it may be sent
	// again where its answer was lost.
	ReadOnly bool
	// ModelWrites says that a model has written some of the params.
	ModelWrites bool
	// Last is the last revision that has the method, "" where none has removed it.
	Last string
	// List describes the result, for KindList alone.
	List List
}

// Kind sorts methods by what comes of them.
type Kind int

const (
	// KindControl is about the conversation itself.
	KindControl Kind = iota
	// KindList asks what there is.
	KindList
	// KindUse uses one thing that a server offers. Its result may ask the client for
	// input (2026-07-28, Multi Round-Trip Requests, "Supported Requests").
	KindUse
	// KindNotification wants no answer.
	KindNotification
)

// Subject is what the params of a method name.
type Subject int

const (
	SubjectNone         Subject = iota
	SubjectTool                 // params.name
	SubjectPrompt               // params.name
	SubjectResource             // params.uri
	SubjectReference            // params.ref, a prompt or a resource template
	SubjectSubscription         // params.notifications.resourceSubscriptions
)

// List is how the result of a list is read.
type List struct {
	// Member is the array in the result.
	Member string
	// Key is the member of an element by which the element is known.
	Key string
	// Capability is the server's that declares it.
	Capability string
}

// Names of methods that code asks for.
const (
	Initialize  = "initialize"
	Discover    = "server/discover"
	ListTools   = "tools/list"
	CallTool    = "tools/call"
	ListPrompts = "prompts/list"
	// ListResources and ListTemplates are both told to have changed as resources.
	ListResources = "resources/list"
	ListTemplates = "resources/templates/list"
	Listen        = "subscriptions/listen"

	Initialized  = "notifications/initialized"
	Cancelled    = "notifications/cancelled"
	Acknowledged = "notifications/subscriptions/acknowledged"
	ToolsChanged = "notifications/tools/list_changed"
)

// methods are those that a client may send in any revision from 2024-11-05 to
// 2026-07-28, the extension io.modelcontextprotocol/tasks (SEP-2663) included.
var methods = map[string]Method{
	Initialize: {ReadOnly: true, Last: Revision20251125},
	Discover:   {ReadOnly: true},
	"ping":     {ReadOnly: true, Last: Revision20251125},

	ListTools:     {Kind: KindList, ReadOnly: true, List: List{"tools", "name", "tools"}},
	ListPrompts:   {Kind: KindList, ReadOnly: true, List: List{"prompts", "name", "prompts"}},
	ListResources: {Kind: KindList, ReadOnly: true, List: List{"resources", "uri", "resources"}},
	ListTemplates: {Kind: KindList, ReadOnly: true, List: List{"resourceTemplates", "uriTemplate", "resources"}},

	CallTool:         {Kind: KindUse, Subject: SubjectTool, Header: "name", ModelWrites: true},
	"prompts/get":    {Kind: KindUse, Subject: SubjectPrompt, Header: "name", ReadOnly: true, ModelWrites: true},
	"resources/read": {Kind: KindUse, Subject: SubjectResource, Header: "uri", ReadOnly: true, ModelWrites: true},

	"completion/complete":   {Subject: SubjectReference, ReadOnly: true, ModelWrites: true},
	"resources/subscribe":   {Subject: SubjectResource, ModelWrites: true, Last: Revision20251125},
	"resources/unsubscribe": {Subject: SubjectResource, ModelWrites: true, Last: Revision20251125},
	Listen:                  {Subject: SubjectSubscription},
	"logging/setLevel":      {Last: Revision20251125},

	"tasks/get":    {Header: "taskId", ReadOnly: true},
	"tasks/list":   {ReadOnly: true},
	"tasks/result": {},
	"tasks/update": {Header: "taskId", ModelWrites: true},
	"tasks/cancel": {Header: "taskId"},

	Initialized:                          {Kind: KindNotification, Last: Revision20251125},
	Cancelled:                            {Kind: KindNotification},
	"notifications/progress":             {Kind: KindNotification},
	"notifications/roots/list_changed":   {Kind: KindNotification, Last: Revision20251125},
	"notifications/tasks/status":         {Kind: KindNotification},
	"notifications/elicitation/complete": {Kind: KindNotification},
}

// Lookup returns what is known of a method of a client, false where it is none of
// MCP's.
func Lookup(name string) (Method, bool) {
	m, known := methods[name]
	return m, known
}

// Cacheable reports whether the result of a method says who may keep it and for how long
// (2026-07-28, Caching).
func Cacheable(method string) bool {
	return method == Discover || method == "resources/read" || methods[method].Kind == KindList
}

// ListOf returns how the result of a list method is read, false for any other method.
func ListOf(method string) (List, bool) {
	m := methods[method]
	return m.List, m.Kind == KindList
}

// Methods returns the whole table, by name.
func Methods() map[string]Method { return maps.Clone(methods) }

// clientCapabilities name what a client declares in order to be asked by a method of
// the server.
var clientCapabilities = map[string]string{
	"elicitation/create": "elicitation", "sampling/createMessage": "sampling", "roots/list": "roots",
}

// ClientCapability returns the capability that a client declares in order to be sent a
// request of a server, "" for a method that servers do not send.
func ClientCapability(method string) string { return clientCapabilities[method] }
