package govern

import (
	"bytes"
	"regexp"
	"slices"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"ucbridge/bridge/jsonrpc"
)

// SecretMode is what happens to a secret.
type SecretMode int

const (
	SecretOff   SecretMode = iota
	SecretMask             // it is replaced by the name of its kind
	SecretBlock            // the call that holds it is refused
)

// argumentModes and resultModes are the words of a policy, weakest first.
var (
	argumentModes = []string{"off", "mask", "block"}
	resultModes   = []string{"off", "mask"}
)

// Secrets are the settings for secrets in arguments and in results.
type Secrets struct {
	Arguments, Results     SecretMode
	ArgumentsAt, ResultsAt Place
}

// Secrets are the strictest settings of all rules.
func (p *Policy) Secrets() Secrets {
	var out Secrets
	p.rules(func(r *Rules) {
		if r.Secrets.Arguments > out.Arguments {
			out.Arguments, out.ArgumentsAt = r.Secrets.Arguments, r.Secrets.ArgumentsAt
		}
		if r.Secrets.Results > out.Results {
			out.Results, out.ResultsAt = r.Secrets.Results, r.Secrets.ResultsAt
		}
	})
	return out
}

// shapeOf is the form of one kind of secret. A text holds one only where it holds
// one of the marks, which is cheap to find out.
type shapeOf struct {
	kind  string
	marks []string
	form  *regexp.Regexp
}

// shapes are secrets that can be told by their form alone, as their issuers made
// them so. The list is the bridge's own: the maintained rule sets (gitleaks and its
// kin) are parts of programs, whose packages bring 5 MB of archive and git readers
// along, and most of their rules go by words in the neighbourhood, which in the
// text of a tool's result would hit what is none.
var shapes = []shapeOf{
	{"databricks token", []string{"dapi", "dose", "dkea", "dsapi"}, regexp.MustCompile(`\b(?:dapi|dose|dkea|dsapi)[0-9a-f]{32}(?:-[0-9]+)?\b`)},
	{"github token", []string{"ghp_", "gho_", "ghu_", "ghs_", "ghr_"}, regexp.MustCompile(`\bgh[pousr]_[0-9A-Za-z]{36,255}\b`)},
	{"github token", []string{"github_pat_"}, regexp.MustCompile(`\bgithub_pat_[0-9A-Za-z_]{50,255}\b`)},
	{"gitlab token", []string{"glpat-"}, regexp.MustCompile(`\bglpat-[0-9A-Za-z_-]{20,}`)},
	{"aws key", []string{"AKIA", "ASIA"}, regexp.MustCompile(`\b(?:AKIA|ASIA)[0-9A-Z]{16}\b`)},
	{"google key", []string{"AIza", "GOCSPX-", "ya29."}, regexp.MustCompile(`\b(?:AIza[0-9A-Za-z_-]{35}|GOCSPX-[0-9A-Za-z_-]{28}|ya29\.[0-9A-Za-z_-]{20,})`)},
	{"azure key", []string{"8Q~"}, regexp.MustCompile(`\b[0-9A-Za-z_~.-]{3}8Q~[0-9A-Za-z_~.-]{31,34}`)},
	{"azure key", []string{"AccountKey="}, regexp.MustCompile(`AccountKey=[0-9A-Za-z+/]{86}==`)},
	{"slack token", []string{"xoxb-", "xoxp-", "xoxa-", "xoxr-", "xoxs-", "xapp-"}, regexp.MustCompile(`\b(?:xox[abprs]|xapp)-[0-9A-Za-z-]{10,}`)},
	{"npm token", []string{"npm_"}, regexp.MustCompile(`\bnpm_[0-9A-Za-z]{36}\b`)},
	{"model key", []string{"sk-ant-", "sk-proj-", "sk-svcacct-"}, regexp.MustCompile(`\bsk-(?:ant|proj|svcacct)-[0-9A-Za-z_-]{20,}`)},
	{"jwt", []string{"eyJ"}, regexp.MustCompile(`\beyJ[0-9A-Za-z_-]{10,}\.eyJ[0-9A-Za-z_-]{10,}\.[0-9A-Za-z_-]{10,}`)},
	{"private key", []string{"PRIVATE KEY-----"}, regexp.MustCompile(`-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY-----(?s:.*?)(?:-----END (?:[A-Z0-9]+ )*PRIVATE KEY-----|$)`)},
}

func (s shapeOf) marked(text string) bool {
	return slices.ContainsFunc(s.marks, func(mark string) bool { return strings.Contains(text, mark) })
}

// anyMark reports whether a text may hold a secret of any kind.
func anyMark(text []byte) bool {
	return slices.ContainsFunc(shapes, func(s shapeOf) bool {
		return slices.ContainsFunc(s.marks, func(mark string) bool { return bytes.Contains(text, []byte(mark)) })
	})
}

// mask returns a JSON value with the secrets in its texts replaced by their kind,
// and the kinds found; raw itself where there are none. Texts are looked at as
// they decode. Every other byte stays.
func mask(raw []byte) ([]byte, []string) {
	escaped := bytes.Contains(raw, []byte(`\`)) // an escape may hide a mark
	if !escaped && !anyMark(raw) {
		return raw, nil
	}
	var kinds []string
	var out []byte
	from := 0
	jsonrpc.Strings(raw, func(at jsonrpc.Span) {
		plain, found := maskText(raw[at.Start:at.End])
		if found == nil {
			return
		}
		for _, kind := range found {
			if !slices.Contains(kinds, kind) {
				kinds = append(kinds, kind)
			}
		}
		out = append(append(out, raw[from:at.Start]...), plain...)
		from = at.End
	})
	if kinds == nil {
		return raw, nil
	}
	return append(out, raw[from:]...), kinds
}

// maskText masks one JSON string and returns it as one, with the kinds found.
func maskText(quoted []byte) ([]byte, []string) {
	text := quoted[1 : len(quoted)-1]
	if bytes.IndexByte(text, '\\') >= 0 {
		plain, err := jsontext.AppendUnquote(nil, quoted)
		if err != nil && plain == nil {
			return nil, nil
		}
		text = plain
	}
	masked, kinds := maskPlain(string(text))
	if kinds == nil {
		return nil, nil
	}
	out, err := jsontext.AppendQuote(nil, strings.ToValidUTF8(masked, "\uFFFD"))
	if err != nil { // it is valid UTF-8 now
		panic(err)
	}
	return out, kinds
}

// shortestSecret is how long a secret is at least, of any shape.
const shortestSecret = 15

// maskPlain masks a text, and returns the kinds found.
func maskPlain(text string) (masked string, kinds []string) {
	if len(text) < shortestSecret {
		return text, nil
	}
	for _, s := range shapes {
		if !s.marked(text) {
			continue
		}
		next := s.form.ReplaceAllLiteralString(text, "["+s.kind+" masked by ucbridge]")
		if next != text {
			kinds = append(kinds, s.kind)
		}
		text = next
	}
	return text, kinds
}

// carriers are the methods whose params hold what a model wrote.
var carriers = map[string]bool{
	"tools/call": true, "prompts/get": true, "completion/complete": true,
	"resources/read": true, "resources/subscribe": true, "resources/unsubscribe": true, "tasks/update": true,
}

// clear deals with the secrets in a request that may pass otherwise. The server's own
// requestState is left alone: it is often a token of the form of one.
func (c *Gate) clear(x *exchange, p *part) {
	if c.secrets.Arguments == SecretOff || p.ruling.Denied || !carriers[p.request.Method] || p.request.Params == nil {
		return
	}
	state, stateful := jsonrpc.Find(p.request.Params, "requestState")
	params := p.request.Params
	if stateful {
		params = jsonrpc.Splice(params, state, []byte("null"))
	}
	masked, kinds := mask(params)
	if kinds == nil {
		return
	}
	p.secrets = kinds
	refused := deny("secrets.arguments (%s): the arguments hold a %s", c.secrets.ArgumentsAt, strings.Join(kinds, ", a "))
	at, ok := jsonrpc.Find(p.request.Raw, "params")
	if c.secrets.Arguments == SecretBlock || x.message.Batch != nil || !ok {
		p.ruling = refused
		return
	}
	if stateful {
		masked = jsonrpc.Set(masked, p.request.Params[state.Start:state.End], "requestState")
	}
	m, err := jsonrpc.Parse(jsonrpc.Splice(p.request.Raw, at, masked))
	if err != nil { // two names that are secrets have become one
		p.ruling = refused
		return
	}
	if about, err := subjectOf(m); err != nil || !about.is(p.about) { // what it is about was ruled on as it was
		p.ruling = refused
		return
	}
	c.replace(x, p, m)
}

// masking are the places where a server's words reach a model. States and cursors
// are not among them: they go back to the server and must not be touched.
var masking = [][]string{
	{"result", "content"}, {"result", "structuredContent"}, {"result", "contents"}, {"result", "messages"},
	{"error", "message"}, {"error", "data"},
	{"result", "result"}, {"result", "error"}, // of a task (2026-07-28, extension io.modelcontextprotocol/tasks)
}

// telling are the places where notifications of a server do.
var telling = map[string][][]string{
	"notifications/message": {{"params", "data"}},
	"notifications/tasks":   {{"params", "result"}, {"params", "error"}},
}

// maskAt returns a message of the server with its secrets masked.
func maskAt(raw []byte, places [][]string) ([]byte, []string) {
	var all []string
	for _, path := range places {
		at, ok := jsonrpc.Find(raw, path...)
		if !ok {
			continue
		}
		value, kinds := mask(raw[at.Start:at.End])
		if kinds != nil {
			raw, all = jsonrpc.Splice(raw, at, value), append(all, kinds...)
		}
	}
	return raw, all
}
