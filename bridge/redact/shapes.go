package redact

import (
	"slices"
	"strings"

	"ucbridge/bridge/lazyregexp"
)

// shapeOf is the form of one kind of secret. A text holds one only where it holds
// one of the marks, which is cheap to find out.
type shapeOf struct {
	kind  string
	marks []string
	form  lazyregexp.Regexp
}

// shapes are secrets that can be told by their form alone, as their issuers made
// them so. The list is the bridge's own: the maintained rule sets (gitleaks and its
// kin) are parts of programs, whose packages bring 5 MB of archive and git readers
// along, and most of their rules go by words in the neighbourhood, which in the
// text of a tool's result would hit what is none.
//
// A form does not ask for a word to begin in front of it: a letter may stand there, as the
// n of an escape does in JSON inside of a text, or a name. The one that base64 could be by
// chance does, in its first group, which stays.
var shapes = []shapeOf{
	{"Databricks token", []string{"dapi", "dose", "dkea", "dsapi"}, lazyregexp.New(`(?:dapi|dose|dkea|dsapi)[0-9a-f]{32}(?:-[0-9]+)?`)},
	{"GitHub token", []string{"ghp_", "gho_", "ghu_", "ghs_", "ghr_"}, lazyregexp.New(`gh[pousr]_[0-9A-Za-z]{36,255}`)},
	{"GitHub token", []string{"github_pat_"}, lazyregexp.New(`github_pat_[0-9A-Za-z_]{50,255}`)},
	{"GitLab token", []string{"glpat-"}, lazyregexp.New(`glpat-[0-9A-Za-z_-]{20,}`)},
	{"AWS key", []string{"AKIA", "ASIA"}, lazyregexp.New(`(?:AKIA|ASIA)[0-9A-Z]{16}\b`)},
	{"Google key", []string{"AIza"}, lazyregexp.New(`(^|[^0-9A-Za-z+/]|\\[nrtbf])AIza[0-9A-Za-z_-]{35}`)},
	{"Google key", []string{"GOCSPX-", "ya29."}, lazyregexp.New(`GOCSPX-[0-9A-Za-z_-]{28}|ya29\.[0-9A-Za-z_-]{20,}`)},
	{"Azure key", []string{"8Q~"}, lazyregexp.New(`[0-9A-Za-z_~.-]{3}8Q~[0-9A-Za-z_~.-]{31,34}`)},
	{"Azure key", []string{"AccountKey="}, lazyregexp.New(`AccountKey=[0-9A-Za-z+/]{86}==`)},
	{"Slack token", []string{"xoxb-", "xoxp-", "xoxa-", "xoxr-", "xoxs-", "xapp-"}, lazyregexp.New(`(?:xox[abprs]|xapp)-[0-9A-Za-z-]{10,}`)},
	{"npm token", []string{"npm_"}, lazyregexp.New(`npm_[0-9A-Za-z]{36}`)},
	{"model key", []string{"sk-ant-", "sk-proj-", "sk-svcacct-"}, lazyregexp.New(`sk-(?:ant|proj|svcacct)-[0-9A-Za-z_-]{20,}`)},
	{"JWT", []string{"eyJ"}, lazyregexp.New(`eyJ[0-9A-Za-z_-]{10,}\.eyJ[0-9A-Za-z_-]{10,}\.[0-9A-Za-z_-]{10,}`)},
	{"private key", []string{"PRIVATE KEY-----"}, lazyregexp.New(`-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY-----(?s:.*?)(?:-----END (?:[A-Z0-9]+ )*PRIVATE KEY-----|$)`)},
}

func (s shapeOf) marked(text string) bool {
	return slices.ContainsFunc(s.marks, func(mark string) bool { return strings.Contains(text, mark) })
}
