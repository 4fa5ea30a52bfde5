package redact

import (
	"regexp"
	"slices"
	"strings"
)

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
