package webui

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// Setup is what one AI client has to be told, in each of the ways it knows.
type Setup struct {
	Client string
	Ways   []Way
	Links  []Link // that open the client with the entry
}

// Link is an address of a program on the visitor's machine.
type Link struct{ Title, Address string }

// Program is how clients on this machine start ucbridge, for a page that only the person
// at it sees.
type Program struct {
	Path string
	// Args follow those of the target.
	Args []string
	// ConfigFile is what DATABRICKS_CONFIG_FILE has to be, "" for nothing.
	ConfigFile string
}

// Way is one text to paste.
type Way struct {
	Title string
	File  string // where it goes
	Text  string
	Note  string
}

// tokenName is the environment variable that clients take the token from. The
// token itself stays out of files.
const (
	tokenName  = "UCBRIDGE_TOKEN"
	tokenInput = "ucbridge-token" // VS Code's name for the question
)

// member is one name and value of a JSON object.
type member struct {
	name  string
	value any
}

// document is the JSON of a client's file: under root an entry for each server, a
// member on each line, and then more members of the whole.
func document(root string, servers []Server, entry func(Server) []member, more ...member) string {
	var b strings.Builder
	fmt.Fprintf(&b, "{\n  %s: {\n", inJSON(root))
	for i, s := range servers {
		var lines []string
		for _, m := range entry(s) {
			lines = append(lines, "      "+inJSON(m.name)+": "+inJSON(m.value))
		}
		fmt.Fprintf(&b, "    %s: {\n%s\n    }%s\n", inJSON(s.Name), strings.Join(lines, ",\n"), commaUnless(i == len(servers)-1))
	}
	fmt.Fprintf(&b, "  }%s\n", commaUnless(len(more) == 0))
	for i, m := range more {
		fmt.Fprintf(&b, "  %s: %s%s\n", inJSON(m.name), inJSON(m.value), commaUnless(i == len(more)-1))
	}
	return b.String() + "}\n"
}

func commaUnless(last bool) string {
	if last {
		return ""
	}
	return ","
}

// inJSON is v on one line. It is strings, booleans, and lists and maps of them.
func inJSON(v any) string {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		panic(err)
	}
	spaced := jsontext.Value(bytes.TrimSpace(b.Bytes()))
	if err := spaced.Format(jsontext.SpaceAfterColon(true), jsontext.SpaceAfterComma(true)); err != nil {
		panic(err)
	}
	return string(spaced)
}

// base is the address under which the visitor sees the gateway, without a slash at
// its end.
func (q *request) base() string { return q.page.opts.Auth.Address(q.r) }

// needsToken reports whether clients have to show a token of the gateway or of its
// front door. On this machine, with --auth app, they need none.
func (q *request) needsToken() bool { return q.page.login != nil || q.page.opts.Auth.Believed }

// tokenNote says what UCBRIDGE_TOKEN holds.
func (q *request) tokenNote() string {
	switch {
	case q.page.login != nil:
		return tokenName + " is the token that ucbridge serve printed. Each start makes a new one, unless --token-file keeps it."
	case isApp(q.base()):
		return tokenName + " is what “databricks auth token” prints for the workspace. It is good for an hour; by command, nothing has to be renewed."
	case q.page.signIn != nil && q.page.signIn.ClientID == "":
		return "The client signs in with a browser and needs a client id: ask an account admin for that of an OAuth app."
	case q.page.signIn != nil:
		return "The client signs in with a browser. If it asks for a client id, give it " + q.page.signIn.ClientID + "."
	case q.page.opts.Auth.Believed:
		return tokenName + " is what the proxy in front of this gateway takes."
	}
	return ""
}

// stdioArgs is the command line that leads to the same server: through this
// gateway where it is a Databricks App, which ucbridge signs in to by itself.
func (q *request) stdioArgs(base string, s Server) []string {
	if isApp(base) {
		return []string{"stdio", "--url", base + s.Path, "--profile", "DEFAULT"}
	}
	args := append([]string{"stdio"}, s.Args...)
	if p := q.page.opts.Program; p != nil {
		return append(args, p.Args...)
	}
	return append(args, "--profile", "DEFAULT")
}

func isApp(base string) bool { return strings.HasSuffix(base, ".databricksapps.com") }
