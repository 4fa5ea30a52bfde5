package mcp

import (
	"fmt"

	"ucbridge/bridge/jsonrpc"
)

// EmptyAcknowledgement accepts the subscription of that id and says that it will
// bring nothing: a filter without a member (2026-07-28, Subscriptions).
func EmptyAcknowledgement(id jsonrpc.ID) []byte {
	return fmt.Appendf(nil, `{"jsonrpc":"2.0","method":"%s","params":{"_meta":{"%s":%s},"notifications":{}}}`,
		Acknowledged, MetaSubscriptionID, id)
}

// SubscriptionEnd is the answer that ends the subscription of that id in good order
// (2026-07-28, Subscriptions).
func SubscriptionEnd(id jsonrpc.ID) []byte {
	return jsonrpc.Result(id, fmt.Appendf(nil, `{"resultType":"complete","_meta":{"%s":%s}}`, MetaSubscriptionID, id))
}

// Cancellation is the notification that nobody waits any more for the answer to the
// request of that id. The reason is shown to people, and must need no escaping in JSON.
func Cancellation(id jsonrpc.ID, reason string) []byte {
	return fmt.Appendf(nil, `{"jsonrpc":"2.0","method":"%s","params":{"requestId":%s,"reason":"%s"}}`, Cancelled, id, reason)
}
