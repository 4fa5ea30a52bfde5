// Package mcp holds what the bridge knows of the Model Context Protocol, once: its
// revisions, its methods and what each is about, the keys of _meta, subscriptions,
// capabilities, and the paging of lists.
//
// It is knowledge and no behaviour: nothing here sends a message or keeps state. How
// a message travels is package streamable's, what one looks like package jsonrpc's.
// Names are those of the schema of each revision (schema/<revision>/schema.ts of the
// specification).
package mcp

import (
	"slices"
	"strings"

	"ucbridge/bridge/jsonrpc"
)

// Revisions of the protocol, oldest first. They compare as strings.
const (
	Revision20241105 = "2024-11-05"
	Revision20250326 = "2025-03-26" // the only one with batches
	Revision20250618 = "2025-06-18"
	Revision20251125 = "2025-11-25" // the last that begins with initialize
	Revision20260728 = "2026-07-28" // the first in which each message says its revision
)

// LastHandshake is the newest revision that a client can ask for with initialize.
const LastHandshake = Revision20251125

// Modern is the revision in which the bridge speaks to servers that know no initialize.
const Modern = Revision20260728

// IsHandshake reports whether a revision is a known one that begins with initialize.
func IsHandshake(revision string) bool {
	switch revision {
	case Revision20241105, Revision20250326, Revision20250618, Revision20251125:
		return true
	}
	return false
}

// Revision returns the revision that a message of 2026-07-28 or later names itself
// (2026-07-28, Basic, "_meta"), "" for a message of an older one, which is in the
// revision that initialize agreed on. One that cannot stand in a header does not
// count, since the revision has to stand in one (Transports).
func Revision(m jsonrpc.Message) string {
	if m.Revision < Revision20260728 || !FitsHeader(m.Revision) {
		return ""
	}
	return m.Revision
}

// HasBatches reports whether a revision lets a client send an array of messages.
func HasBatches(revision string) bool { return revision == Revision20250326 }

// FitsHeader reports whether a protocol revision can stand in an HTTP header.
func FitsHeader(revision string) bool {
	return !strings.ContainsFunc(revision, func(r rune) bool { return r <= ' ' || r >= 0x7f })
}

// Keys of _meta (2026-07-28, Basic, "_meta").
const (
	MetaRevision       = jsonrpc.MetaRevision
	MetaClientInfo     = "io.modelcontextprotocol/clientInfo"
	MetaCapabilities   = "io.modelcontextprotocol/clientCapabilities"
	MetaServerInfo     = "io.modelcontextprotocol/serverInfo"
	MetaLogLevel       = "io.modelcontextprotocol/logLevel"
	MetaSubscriptionID = "io.modelcontextprotocol/subscriptionId"
)

// LogLevels are those of logging/setLevel, least severe first (2025-11-25, Logging, "Log
// Levels").
var LogLevels = []string{"debug", "info", "notice", "warning", "error", "critical", "alert", "emergency"}

// Error codes of MCP beside those of JSON-RPC.
const (
	CodeInvalidParams       = -32602
	CodeHeaderMismatch      = -32020 // 2026-07-28, Transports, "Server Validation"
	CodeUnsupportedRevision = -32022 // 2026-07-28, Versioning
	CodeElicitationRequired = -32042 // 2025-11-25, Elicitation, URL mode
)

// Messages returns the elements of a batch, or the one message that m is.
func Messages(m jsonrpc.Message) []jsonrpc.Message {
	if m.Batch != nil {
		return m.Batch
	}
	return []jsonrpc.Message{m}
}

// WantsAnswer reports whether one of Messages wants an answer.
func WantsAnswer(m jsonrpc.Message) bool {
	return m.IsRequest() || slices.ContainsFunc(m.Batch, func(one jsonrpc.Message) bool { return one.IsRequest() })
}

// Requests returns those of Messages that want an answer.
func Requests(m jsonrpc.Message) []jsonrpc.Message {
	var requests []jsonrpc.Message
	for _, one := range Messages(m) {
		if one.IsRequest() {
			requests = append(requests, one)
		}
	}
	return requests
}
