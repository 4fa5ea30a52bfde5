package translate

import (
	"fmt"
	"net/http"
	"strconv"
	"testing"
	"testing/synctest"

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

// A question has a number for an id, as all requests of the bridge's own; the id of a link
// that the user is to open is a text (2025-11-25, Elicitation, "URL Mode").
func TestIDsOfAQuestion(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := translating(t, server(func(_ *http.Request, m jsonrpc.Message) (int, string, error) {
			if jsonrpc.Value(m.Params, "inputResponses") != nil {
				return http.StatusOK, fmt.Sprintf(done, m.ID), nil
			}
			return http.StatusOK, fmt.Sprintf(`{"jsonrpc":"2.0","id":%s,"result":{"resultType":"input_required","requestState":"s","inputRequests":{`+
				`"who":{"method":"elicitation/create","params":{"mode":"url","url":"https://w.test","message":"m"}}}}}`, m.ID), nil
		}))
		messages, end := begin(t, a, callTool)
		q := <-messages
		id := jsonrpc.Text(q.Params, "elicitationId")
		if _, err := strconv.Atoi(string(q.ID)); err != nil || id == "" || id == string(q.ID) {
			t.Errorf("asked %s", q.Raw)
		}
		accept(t, a, q)
		<-messages
		if err := <-end; err != nil {
			t.Error(err)
		}
	})
}
