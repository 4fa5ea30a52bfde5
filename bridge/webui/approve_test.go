package webui

import (
	"net/url"
	"testing"

	"ucbridge/bridge/gateway"
	"ucbridge/bridge/seal"
)

// TestApprove has people look at calls that wait for them. Every argument is shown, and
// nobody approves another's call.
func TestApprove(t *testing.T) {
	key, err := seal.New("a key that replicas share")
	if err != nil {
		t.Fatal(err)
	}
	approvals := gateway.NewApprovals(key, nil)
	s := set(t, nil, func(o *gateway.Options) { o.Approvals = approvals })
	s.send("/approve", ada, nil).holds(t, 200, "None of your calls is waiting")

	sealed := approvals.Wait(gateway.WaitingCall{
		User: "ada@example.com", Digest: []byte("d"), Server: "github", Tool: "create_issue",
		Params: []byte(`{"name":"create_issue","arguments":{"title":"<script>","labels":["a","b"],"n":12345678901234567890},"_meta":{"warehouse_id":"w1","claudecode/toolUseId":"t"},"task":{"ttl":1}}`),
	})
	at := "/approve?call=" + sealed
	s.send(at, ada, nil).holds(t, 200, "create_issue on github", `"<script>"`, "title", "labels", "12345678901234567890", "(beside the arguments) task", "(in _meta) warehouse_id", "Approve once", "!toolUseId")
	s.send("/", ada, nil).holds(t, 200, "A call waits for your approval.")
	s.send("/approve", ada, nil).holds(t, 200, "create_issue on github")
	s.send(at, bob, nil).holds(t, 403, "belongs to another user", "!<script>")
	s.send("/", bob, nil).holds(t, 200, "!waits for your approval")
	s.send("/approve?call=x", ada, nil).holds(t, 403, "is no longer waiting")
	s.send("/approve", bob, url.Values{"call": {sealed}, "decision": {"approve"}}).holds(t, 403, "belongs to another user")
	s.send("/approve", ada, url.Values{"call": {sealed}, "decision": {"approve"}}, "Origin: https://elsewhere.test").holds(t, 403, "another origin")

	s.send("/approve", ada, url.Values{"call": {sealed}, "decision": {"decline"}}).holds(t, 200, "Declined")
	s.send("/approve", ada, nil).holds(t, 200, "None of your calls is waiting")
	s.send("/approve", ada, url.Values{"call": {sealed}, "decision": {"approve"}}).holds(t, 200, "Approved", "It passes once")
}
