package govern

import (
	"strings"
	"testing"

	"ucbridge/bridge/jsonrpc"
)

// BenchmarkCall is a call and its answer through the gate, both of which were read already.
func BenchmarkCall(b *testing.B) {
	for _, bench := range []struct {
		name, policy string
		size         int
	}{
		{"policy", "read_only: true\ntools: {deny: ['delete_*', '*secret*', 'merge_*', 'fork_*']}", 0},
		{"policy and audit", "read_only: true\ntools: {deny: ['delete_*', '*secret*', 'merge_*', 'fork_*']}\naudit: {file: " + b.TempDir() + "/audit.jsonl}", 0},
		{"policy and audit, 1 MiB", "read_only: true\naudit: {file: " + b.TempDir() + "/audit.jsonl}", 1 << 20},
		{"secrets, 1 MiB", "secrets: {arguments: block, results: mask}", 1 << 20},
	} {
		b.Run(bench.name, func(b *testing.B) {
			th := open(b, bench.policy)
			th.gate.pass = func(jsonrpc.Message) {}
			th.say(call(1, "read_file"))
			answer := jsonrpc.MustParse([]byte(`{"jsonrpc":"2.0","id":7,"result":{"content":[{"type":"text","text":"` + strings.Repeat("a", bench.size) + `"}]}}`))
			server := &echo{gate: th.gate, answer: answer}
			th.gate.Serve(server)
			m, err := jsonrpc.Parse([]byte(strings.Replace(call(7, "read_file"), `"x"`, `"`+strings.Repeat("a", bench.size)+`"`, 1)))
			if err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			for b.Loop() {
				th.gate.Handle(m)
			}
		})
	}
}

type echo struct {
	*gateHarness
	gate   *Gate
	answer jsonrpc.Message
}

func (e *echo) Handle(jsonrpc.Message) { e.gate.Deliver(e.answer) }
func (e *echo) Owns(string) bool       { return false }
