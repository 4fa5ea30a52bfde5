package session

import (
	"testing"

	"ucbridge/bridge/jsonrpc"
)

// The ways in which servers were seen to say that a session is lost, and what sounds
// like it and is something else.
func TestDisowns(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		status int
		body   string // JSON is a message
		want   bool
	}{
		{404, `{"code":-32001,"message":"Session not found"}`, true},
		{404, `{"code":-32600,"message":"m"}`, true},
		{404, `{"code":-32601,"message":"no such method"}`, false},
		{404, "not found", true},
		{410, `{"code":-32001,"message":"gone"}`, true},
		{410, "gone", true},
		{400, `{"code":-32000,"message":"Bad Request: No valid session ID provided"}`, true},
		{400, `{"code":-32000,"message":"Bad Request: Server not initialized"}`, true},
		{400, `{"code":-32022,"message":"unsupported"}`, true},
		{400, `{"code":-32600,"message":"Session not found"}`, true},
		{400, `{"code":-32600,"message":"Bad Request: Missing session ID"}`, true},
		{400, `{"code":-32602,"message":"Invalid or expired session"}`, true},
		{400, `{"code":-32602,"message":"Session abc-1 not found"}`, true},
		{400, `{"code":-32602,"message":"Invalid params: session_name is required"}`, false},
		{400, `{"code":-32602,"message":"Invalid session configuration"}`, false},
		{400, `{"code":-32602,"message":"session_id is required"}`, false},
		{400, `{"code":-32602,"message":"Invalid arguments for tool resume: sessionId not found"}`, false},
		{400, `{"code":-32602,"message":"Session ID is required"}`, true},
		{400, `{"code":-32602,"message":"Unknown tool: x"}`, false},
		{400, "Invalid session ID", true},
		{400, `Session not found or expired`, true},
		{400, "no", false},
		{401, `{"code":-32000,"message":"Unauthorized: No valid session ID provided"}`, true},
		{401, `{"code":-32000,"message":"Unauthorized"}`, false},
		{401, "Session not found or expired", true},
		{401, "invalid token", false},
		{200, `{"code":-32001,"message":"Session not found"}`, true},
		{200, `{"code":-30001,"message":"SessionId expired"}`, true},
		{200, `{"code":-32001,"message":"Request timed out"}`, false},
		{200, `{"code":-32000,"message":"Session not found"}`, false},
		{403, `{"code":-32001,"message":"Session not found"}`, false},
	} {
		got := disownsInText(tt.status, tt.body)
		if tt.body[0] == '{' {
			got = disowns(tt.status, jsonrpc.Message{Error: []byte(tt.body)})
		}
		if got != tt.want {
			t.Errorf("%d %s: lost %t", tt.status, tt.body, got)
		}
	}
}
