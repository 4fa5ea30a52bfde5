package gateway

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"sync"
	"time"

	"ucbridge/bridge/mcp"
	"ucbridge/bridge/refusal"
	"ucbridge/bridge/telemetry"
)

// operations count MCP requests by method and tool. The names of tools are a caller's
// words, so that only so many are told apart. All methods are safe for concurrent use.
type operations struct {
	mu    sync.Mutex
	tools map[toolName]bool
	calls map[callLabels]uint64
	// received are the times of requests as a server has them, from their arrival; sent
	// those as a client has them, from when they were sent on.
	received, sent durations
}

// durations are the times of operations that have an end.
type durations map[operationLabels]*histogram

type toolName struct{ path, tool string }

type callLabels struct {
	toolName
	verdict string
}

type operationLabels struct{ method, tool, failure string }

// maxTools is how many tools are told apart on this replica; the others are "other".
const maxTools = 200

// operationBuckets are the bounds that OpenTelemetry's conventions for MCP give for the
// durations of operations.
var operationBuckets = []float64{.01, .02, .05, .1, .2, .5, 1, 2, 5, 10, 30, 60, 120, 300}

func newOperations() *operations {
	return &operations{tools: make(map[toolName]bool), calls: make(map[callLabels]uint64), received: make(durations), sent: make(durations)}
}

// count counts a finished request, if its message was read.
func (o *operations) count(x *exchange) {
	if x.transport == nil || x.message.Batch != nil || x.message.ID == nil || x.message.Method == "" || x.stream {
		return
	}
	labels := operationLabels{method: x.message.Method, failure: x.errorType()}
	if _, known := mcp.Lookup(labels.method); !known {
		labels.method = "other"
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if labels.method == mcp.CallTool {
		tool := o.name(toolName{x.r.URL.Path, x.subject()})
		labels.tool = tool.tool
		o.calls[callLabels{tool, x.verdict()}]++
	}
	o.received.add(labels, x.took)
	if !x.sent.IsZero() {
		o.sent.add(labels, x.ended.Sub(x.sent))
	}
}

func (d durations) add(labels operationLabels, took time.Duration) {
	h := d[labels]
	if h == nil {
		h = newHistogram(operationBuckets)
		d[labels] = h
	}
	h.observe(took.Seconds())
}

// name is called with the lock held.
func (o *operations) name(t toolName) toolName {
	if !o.tools[t] {
		if len(o.tools) >= maxTools || t.tool == "" {
			t.tool = "other"
			return t
		}
		o.tools[t] = true
	}
	return t
}

// errorType is the conventions' error.type, of which there are only so many: the reason of
// a refusal, "tool_error", or a code that JSON-RPC and MCP define.
func (x *exchange) errorType() string {
	switch {
	case x.reason != "":
		return string(x.reason)
	case x.failure == "" || x.failure == "tool_error":
		return x.failure
	}
	if code, err := strconv.Atoi(x.failure); err == nil && code >= -32768 && code <= -32000 {
		return x.failure
	}
	return "other"
}

// policyReasons are those of a call that the policy kept from its tool.
var policyReasons = []refusal.Reason{refusal.PolicyDenied, refusal.PolicyUndecided, refusal.PolicyUnreadable, refusal.BatchDenied}

// subject is the tool or prompt that the message is about, "" for none.
func (x *exchange) subject() string {
	if !x.targeted {
		x.target, x.targeted = telemetry.Target(x.message), true
	}
	return x.target
}

// verdict says in one word what became of a call.
func (x *exchange) verdict() string {
	switch {
	case slices.Contains(policyReasons, x.reason):
		return "denied"
	case x.reason == refusal.ApprovalPending:
		return "waiting"
	case x.reason != "":
		return "refused"
	case x.failure == "tool_error":
		return "tool_error"
	case x.failure != "":
		return "error"
	}
	return "answered"
}

func (o *operations) write(p *metricsPage) {
	o.mu.Lock()
	defer o.mu.Unlock()
	p.family("ucbridge_tool_calls_total", "counter", "Calls of tools, by path, tool and verdict: answered, tool_error, error, denied, waiting, refused.")
	byTool := func(a, b callLabels) int {
		return cmp.Or(cmp.Compare(a.path, b.path), cmp.Compare(a.tool, b.tool), cmp.Compare(a.verdict, b.verdict))
	}
	for _, l := range slices.SortedFunc(maps.Keys(o.calls), byTool) {
		fmt.Fprintf(p, "ucbridge_tool_calls_total{path=%s,tool=%s,verdict=%s} %d\n", quoted(l.path), quoted(l.tool), quoted(l.verdict), o.calls[l])
	}
	o.received.write(p, "mcp_server_operation_duration_seconds", "Time from the arrival of an MCP request to the end of its answer, as OpenTelemetry's mcp.server.operation.duration.")
	o.sent.write(p, "mcp_client_operation_duration_seconds", "Time from sending an MCP request on to the end of its answer, as OpenTelemetry's mcp.client.operation.duration.")
}

func (d durations) write(p *metricsPage, name, help string) {
	p.family(name, "histogram", help)
	byMethod := func(a, b operationLabels) int {
		return cmp.Or(cmp.Compare(a.method, b.method), cmp.Compare(a.tool, b.tool), cmp.Compare(a.failure, b.failure))
	}
	for _, l := range slices.SortedFunc(maps.Keys(d), byMethod) {
		labels := "mcp_method_name=" + quoted(l.method)
		if l.tool != "" {
			labels += ",gen_ai_operation_name=\"execute_tool\",gen_ai_tool_name=" + quoted(l.tool)
		}
		if l.failure != "" {
			labels += ",error_type=" + quoted(l.failure)
		}
		d[l].write(p, name, labels)
	}
}
