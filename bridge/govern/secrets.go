package govern

import (
	"log/slog"
	"slices"
	"strings"

	"ucbridge/bridge/jsonrpc"
	"ucbridge/bridge/mcp"
	"ucbridge/bridge/policy"
	"ucbridge/bridge/redact"
	"ucbridge/bridge/refusal"
)

// withArticles lists kinds of secrets, as in "an AWS key, a GitHub token".
func withArticles(kinds []string) string {
	var all []string
	for _, kind := range kinds {
		article := "a "
		if strings.ContainsAny(kind[:1], "AEIOU") {
			article = "an "
		}
		all = append(all, article+kind)
	}
	return strings.Join(all, ", ")
}

// clear deals with the secrets in a request or notification that may pass otherwise.
func (f *Filter) clear(x *exchange, p *part) {
	if f.rules().secrets.Arguments == policy.SecretOff || p.ruling.Denied {
		return
	}
	masked, kinds := redact.Message(p.request.Raw, isServersOwn)
	if kinds == nil {
		return
	}
	p.secrets = kinds
	refused := policy.Deny("secrets.arguments (%s): the arguments contain %s", f.rules().secrets.ArgumentsAt, withArticles(kinds))
	if f.rules().secrets.Arguments == policy.SecretBlock || x.message.Batch != nil {
		p.ruling = refused
		return
	}
	m, err := jsonrpc.Parse(masked)
	if err != nil { // cannot be: texts alone have changed
		p.ruling = refused
		return
	}
	if about, err := subjectOf(m); err != nil || !about.is(p.about) || m.Method != p.request.Method { // what it is about was ruled on as it was
		p.ruling = refused
		return
	}
	f.open.replace(x, p, m)
}

// clearResponse deals with the secrets in the client's answer to a question of the
// server's, which a model may have written. Where they are blocked, or the policy cannot be
// read, the server gets an error, so that it does not wait.
func (r *ruleset) clearResponse(m jsonrpc.Message, log *slog.Logger) jsonrpc.Message {
	if r.policy.Broken != nil {
		log.Warn("holding back the client's answer to the server, because the policy cannot be read")
		return jsonrpc.MustParse(refusal.New(refusal.PolicyUnreadable, "The answer was blocked by ucbridge policy.").Response(m.ID))
	}
	if r.secrets.Arguments == policy.SecretOff {
		return m
	}
	masked, kinds := redact.Message(m.Raw, isServersOwn)
	if kinds == nil {
		return m
	}
	log.Warn("the client's answer to the server contains a secret", "kinds", kinds)
	if r.secrets.Arguments == policy.SecretBlock {
		masked = refusal.New(refusal.PolicyDenied, "The answer was blocked by ucbridge policy.").Response(m.ID)
	}
	return jsonrpc.MustParse(masked)
}

// isServersOwn reports whether a text of a client's message is one that the server gave
// out and gets back: were it changed, the server would not know it. They are often of the
// form of a token. Everything else a model may have written.
func isServersOwn(path []string) bool {
	if len(path) == 1 {
		return path[0] == "id" || path[0] == "jsonrpc"
	}
	if len(path) == 2 && path[0] == "params" {
		switch path[1] {
		case "requestState", "cursor", "taskId", "progressToken", "requestId":
			return true
		}
	}
	return len(path) == 3 && path[1] == "_meta" && path[2] == "progressToken"
}

// isForMachines reports whether a text of a server's message is not for a model or a
// person, but for the client, which acts on it or gives it back: names, addresses, ids,
// states and binary data.
func isForMachines(path []string) bool {
	for i, name := range path[:max(len(path)-1, 0)] {
		switch name {
		case "structuredContent", "arguments", "data":
			return false // what is in there is the server's to choose
		case "_meta":
			return path[i+1] == mcp.MetaSubscriptionID || path[i+1] == "progressToken"
		}
	}
	if len(path) == 0 {
		return false
	}
	switch path[len(path)-1] {
	case "jsonrpc", "id", "method", "protocolVersion", "type", "role", "resultType", "status", "mimeType",
		"name", "uri", "uriTemplate", "url", "src",
		"nextCursor", "requestState", "taskId", "progressToken", "requestId", "elicitationId", "lastModified":
		return true
	case "blob":
		return true
	case "data": // of an image or a sound, in base64; a log's and an error's are texts
		return slices.Contains(path, "content")
	}
	return false
}
