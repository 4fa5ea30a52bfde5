package translate

import (
	"fmt"
	"net/http"
	"testing"

	"ucbridge/bridge/jsonrpc"
)

// A server must not ask for what the client does not offer. A client that left such a
// question unanswered would leave its call open for ever, so it is not put.
func TestAskedForWhatIsNotOffered(t *testing.T) {
	for _, method := range []string{"sampling/createMessage", "roots/list", "no/such"} {
		a := translating(t, server(func(_ *http.Request, m jsonrpc.Message) (int, string, error) {
			return http.StatusOK, fmt.Sprintf(`{"jsonrpc":"2.0","id":%s,"result":{"resultType":"input_required","inputRequests":{"x":{"method":"%s"}}}}`, m.ID, method), nil
		}))
		messages, end := begin(t, a, callTool)
		m := <-messages
		if got := jsonrpc.Text(m.Error, "data", "reason"); got != "input_refused" {
			t.Fatalf("%s: got %s", method, m.Raw)
		}
		if err := <-end; err != nil {
			t.Error(err)
		}
	}
}
