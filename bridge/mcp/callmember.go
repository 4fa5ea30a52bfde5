package mcp

import (
	"strings"

	"ucbridge/bridge/jsonrpc"
)

// CallMember is a part of a call beside the tool's name, on which a server may act.
type CallMember struct {
	Name  string
	Value []byte
	// Beside says where it stands if it is no argument, as in "beside the arguments".
	Beside string
}

// CallMembers returns the parts of a call whose params these are: each argument, all that
// stands beside them, and what _meta holds for the server.
func CallMembers(params []byte) []CallMember {
	var all []CallMember
	for _, m := range jsonrpc.Members(params) {
		inside := jsonrpc.Members(m.Value)
		switch {
		case m.Name == "name":
		case m.Name == "arguments" && inside != nil:
			for _, argument := range inside {
				all = append(all, CallMember{argument.Name, argument.Value, ""})
			}
		case m.Name == "_meta" && inside != nil:
			for _, member := range inside {
				if !IsOfSending(member.Name) {
					all = append(all, CallMember{member.Name, member.Value, "in _meta"})
				}
			}
		default:
			all = append(all, CallMember{m.Name, m.Value, "beside the arguments"})
		}
	}
	return all
}

// IsOfSending reports whether a member of a call's _meta tells of the client and of one
// sending: what the protocol and vendors have there, by names with a prefix (2025-06-18,
// Basic, "_meta") or, before there were any, by "x-". Claude Code sends another
// claudecode/toolUseId with each call, Codex an x-codex-turn-metadata. What servers act
// on, such as a warehouse_id, has a plain name.
func IsOfSending(name string) bool {
	return !IsPresettable(name) || strings.Contains(name, "/") || strings.HasPrefix(name, "x-")
}
