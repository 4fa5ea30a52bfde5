package bridge

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"ucbridge/bridge/jsonrpc"
)

// modernServer is an MCP server of revision 2026-07-28 and of no other. It is
// strict: what lacks _meta or headers is refused, and the test fails for it.
type modernServer struct {
	t     *testing.T
	URL   string
	route string // that leads here
	// notices are sent to every subscription that asked for what they tell.
	notices chan string

	mu     sync.Mutex
	seen   []string // method and parameters, less _meta, of every request
	levels []string // the log level of every request
	closed map[string]bool
	listen []string // filters of the subscriptions that are open
}

func newModernServer(t *testing.T) *modernServer {
	s := &modernServer{t: t, notices: make(chan string), closed: make(map[string]bool)}
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	s.URL = server.URL
	return s
}

const metaKey = "io.modelcontextprotocol/"

func (s *modernServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		s.t.Errorf("reading a request: %v", err)
	}
	m, err := jsonrpc.Parse(body)
	switch {
	case r.Method != http.MethodPost:
		w.WriteHeader(http.StatusMethodNotAllowed)
		if r.Header.Get("Mcp-Session-Id") == "" { // else it belongs to a server that stood here before
			s.t.Errorf("a %s reached a server that has none", r.Method)
		}
	case err != nil || !m.IsRequest():
		w.WriteHeader(http.StatusBadRequest)
		s.t.Errorf("no request: %s", body)
	case m.Method == "initialize" || r.Header.Get("Mcp-Session-Id") != "":
		refuse(w, m, http.StatusBadRequest, `{"code":-32022,"message":"Unsupported protocol version","data":{"supported":["2026-07-28"]}}`)
	case !s.wellFormed(r, m):
		refuse(w, m, http.StatusBadRequest, `{"code":-32602,"message":"bad request"}`)
	default:
		s.note(m)
		s.answer(w, r, m)
	}
}

func refuse(w http.ResponseWriter, m jsonrpc.Message, status int, e string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	fmt.Fprintf(w, `{"jsonrpc":"2.0","id":%s,"error":%s}`, m.ID, e)
}

// wellFormed checks what the revision wants of every request.
func (s *modernServer) wellFormed(r *http.Request, m jsonrpc.Message) bool {
	version := jsonrpc.Text(m.Params, "_meta", metaKey+"protocolVersion")
	name := jsonrpc.Text(m.Params, "name") + jsonrpc.Text(m.Params, "uri")
	for what, ok := range map[string]bool{
		"revision":     version == "2026-07-28" && r.Header.Get("Mcp-Protocol-Version") == version,
		"method":       r.Header.Get("Mcp-Method") == m.Method,
		"name":         r.Header.Get("Mcp-Name") == name,
		"capabilities": string(jsonrpc.Value(m.Params, "_meta", metaKey+"clientCapabilities")) == `{"elicitation":{},"sampling":{},"roots":{}}`,
		"client":       jsonrpc.Text(m.Params, "_meta", metaKey+"clientInfo", "name") == "old",
		"no session":   r.Header.Get("Mcp-Session-Id") == "",
	} {
		if !ok {
			s.t.Errorf("%s is wrong in %s with %v", what, m.Raw, r.Header)
			return false
		}
	}
	return true
}

func (s *modernServer) note(m jsonrpc.Message) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.seen = append(s.seen, m.Method+" "+string(jsonrpc.Remove(m.Params, "_meta")))
	s.levels = append(s.levels, jsonrpc.Text(m.Params, "_meta", metaKey+"logLevel"))
}

// saw returns the parameters of the requests of a method.
func (s *modernServer) saw(method string) []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []string
	for _, line := range s.seen {
		if params, ok := strings.CutPrefix(line, method+" "); ok {
			all = append(all, params)
		}
	}
	return all
}

func (s *modernServer) answer(w http.ResponseWriter, r *http.Request, m jsonrpc.Message) {
	switch m.Method {
	case "server/discover":
		say(w, m, `{"resultType":"complete","supportedVersions":["2026-07-28"],"capabilities":{"tools":{"listChanged":true},"resources":{"subscribe":true},"logging":{}},"instructions":"be kind","_meta":{"io.modelcontextprotocol/serverInfo":{"name":"modern","version":"9"}}}`)
	case "tools/list":
		say(w, m, `{"resultType":"complete","tools":[{"name":"region","inputSchema":{"type":"object","properties":{"region":{"type":"string","x-mcp-header":"Region"}}}},{"name":"bad","inputSchema":{"type":"object","properties":{"x":{"type":"object","x-mcp-header":"X"}}}}]}`)
	case "subscriptions/listen":
		s.subscription(w, r, m)
	case "tools/call":
		s.call(w, r, m)
	case "resources/read":
		say(w, m, `{"resultType":"complete","contents":[],"big":9007199254740993}`)
	default:
		refuse(w, m, http.StatusNotFound, `{"code":-32601,"message":"Method not found"}`)
	}
}

func say(w http.ResponseWriter, m jsonrpc.Message, result string) {
	w.Header().Set("Content-Type", "application/json")
	fmt.Fprintf(w, `{"jsonrpc":"2.0","id":%s,"result":%s}`, m.ID, result)
}

// call runs a tool; several are dialogues with the client.
func (s *modernServer) call(w http.ResponseWriter, r *http.Request, m jsonrpc.Message) {
	state, inputs := jsonrpc.Text(m.Params, "requestState"), jsonrpc.Value(m.Params, "inputResponses")
	switch name := jsonrpc.Text(m.Params, "name"); {
	case name == "region" && r.Header.Get("Mcp-Param-Region") == "":
		refuse(w, m, http.StatusBadRequest, `{"code":-32020,"message":"header mismatch"}`)
	case name == "ask" && state == "":
		say(w, m, `{"resultType":"input_required","requestState":"one \u00e9","inputRequests":{"who\"":{"method":"elicitation/create","params":{"message":"Who?","requestedSchema":{"type":"object"}}},"where":{"method":"roots/list"}}}`)
	case name == "ask" && state == "one é":
		say(w, m, `{"resultType":"input_required","requestState":"two","inputRequests":{"why":{"method":"sampling/createMessage","params":{"maxTokens":1.0}}}}`)
	case name == "putoff" && len(s.saw("tools/call")) < 2:
		say(w, m, `{"resultType":"input_required","requestState":"later"}`)
	case name == "link":
		if inputs == nil {
			say(w, m, `{"resultType":"input_required","inputRequests":{"l":{"method":"elicitation/create","params":{"mode":"url","url":"https://x.test/","message":"Sign in"}}}}`)
			return
		}
		say(w, m, `{"resultType":"complete","content":[]}`)
	case name == "progress":
		send := events(w)
		send(`{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":%s,"progress":1}}`, jsonrpc.Value(m.Params, "_meta", "progressToken"))
		send(`{"jsonrpc":"2.0","id":%s,"result":{"resultType":"complete","content":[]}}`, m.ID)
	case name == "slow":
		send := events(w)
		send(`{"jsonrpc":"2.0","method":"notifications/message","params":{"level":"info","data":"begun"}}`)
		<-r.Context().Done()
		s.mu.Lock()
		defer s.mu.Unlock()
		s.closed[name] = true
	case name == "cut":
		send := events(w)
		send(`{"jsonrpc":"2.0","method":"notifications/message","params":{"level":"info","data":"begun"}}`)
		panic(http.ErrAbortHandler)
	default:
		say(w, m, `{"resultType":"complete","content":[],"arguments":`+string(jsonrpc.Value(m.Params, "arguments"))+`}`)
	}
}

// events begins an event stream and returns what sends a message on it.
func events(w http.ResponseWriter) func(format string, args ...any) {
	w.Header().Set("Content-Type", "text/event-stream")
	w.WriteHeader(http.StatusOK)
	return func(format string, args ...any) {
		fmt.Fprintf(w, "data: "+format+"\n\n", args...)
		w.(http.Flusher).Flush()
	}
}

// subscription acknowledges what it is asked for, but for one resource, and passes
// on the notices that belong to it.
func (s *modernServer) subscription(w http.ResponseWriter, r *http.Request, m jsonrpc.Message) {
	filter := string(jsonrpc.Value(m.Params, "notifications"))
	send := events(w)
	if strings.Contains(filter, "nowhere") {
		send(`{"jsonrpc":"2.0","id":%s,"error":{"code":-32602,"message":"no such resource"}}`, m.ID)
		return
	}
	send(`{"jsonrpc":"2.0","method":"notifications/subscriptions/acknowledged","params":{"_meta":{"io.modelcontextprotocol/subscriptionId":%s},"notifications":%s}}`, m.ID, filter)
	s.open(filter, 1)
	defer s.open(filter, -1)
	for {
		select {
		case notice := <-s.notices:
			if kind, uri, _ := strings.Cut(notice, " "); strings.Contains(filter, kind) {
				send(`{"jsonrpc":"2.0","method":"notifications/%s","params":{"uri":"%s"}}`, map[string]string{
					"toolsListChanged": "tools/list_changed", "resourceSubscriptions": "resources/updated",
				}[kind], uri)
				continue
			}
			go func() { s.notices <- notice }() // another subscription's
		case <-r.Context().Done():
			return
		}
	}
}

func (s *modernServer) open(filter string, by int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if by > 0 {
		s.listen = append(s.listen, filter)
		return
	}
	for i, open := range s.listen {
		if open == filter {
			s.listen = append(s.listen[:i], s.listen[i+1:]...)
			return
		}
	}
}

func (s *modernServer) subscriptions() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.listen)
}
