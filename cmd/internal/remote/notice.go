package remote

import (
	"encoding/json"

	"github.com/mark3labs/mcp-go/mcp"
)

// progressToken marks the progress of the call there is.
const progressToken = "ucbridge-call"

// Progress is how far a call is (notifications/progress).
type Progress struct {
	Token   any     `json:"progressToken"`
	Done    float64 `json:"progress"`
	Total   float64 `json:"total"` // 0 where it is not known
	Message string  `json:"message"`
}

// LogMessage is what a server wants to be logged (notifications/message).
type LogMessage struct {
	Level  string          `json:"level"`
	Logger string          `json:"logger"`
	Data   json.RawMessage `json:"data"`
}

// notice takes a notification of the server. One that cannot be read is dropped:
// there is nobody whom it would help.
func (o *Options) notice(n mcp.JSONRPCNotification) {
	switch n.Method {
	case "notifications/progress":
		var p Progress
		if o.Progress != nil && readNotice(n, &p) && p.Token == progressToken {
			o.Progress(p)
		}
	case "notifications/message":
		var m LogMessage
		if o.Log != nil && readNotice(n, &m) {
			o.Log(m)
		}
	}
}

func readNotice(n mcp.JSONRPCNotification, into any) bool {
	raw, err := json.Marshal(n.Params.AdditionalFields)
	return err == nil && json.Unmarshal(raw, into) == nil
}
