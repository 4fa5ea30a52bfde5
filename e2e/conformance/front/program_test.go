package front

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"testing"
)

// programVariable makes the test binary a program that speaks MCP on stdio.
const programVariable = "FRONT_TEST_PROGRAM"

func TestMain(m *testing.M) {
	if os.Getenv(programVariable) != "" {
		os.Exit(beProgram())
	}
	os.Exit(m.Run())
}

// program returns the command of that program.
func program() *exec.Cmd {
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), programVariable+"=1")
	return cmd
}

// beProgram says what each method of the client asks for, until stdin ends. It
// returns the exit status.
func beProgram() int {
	say := func(format string, args ...any) { fmt.Printf(format+"\n", args...) }
	var held []json.RawMessage // ids of requests not answered yet
	in := bufio.NewScanner(os.Stdin)
	for in.Scan() {
		m, err := parse(in.Bytes())
		if err != nil {
			return 2
		}
		switch m.Method {
		case "progress":
			say(`{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":%s,"progress":1}}`, m.Meta.ProgressToken)
			say(`{"jsonrpc":"2.0","id":%s,"result":{"done":true}}`, m.ID)
		case "ask":
			held = append(held, m.ID)
			say(`{"jsonrpc":"2.0","id":"question","method":"sampling/createMessage"}`)
		case "": // the answer to the question
			say(`{"jsonrpc":"2.0","id":%s,"result":{"heard":true}}`, held[0])
			held = held[1:]
		case "change":
			say(`{"jsonrpc":"2.0","method":"notifications/tools/list_changed"}`)
			say(`{"jsonrpc":"2.0","id":%s,"result":{}}`, m.ID)
		case "hold":
			held = append(held, m.ID)
			say(`{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":%s}}`, m.Meta.ProgressToken)
		case "release": // in the order opposite to that of the requests
			for i := len(held) - 1; i >= 0; i-- {
				say(`{"jsonrpc":"2.0","id":%s,"result":{"released":%d}}`, held[i], i)
			}
			held = nil
			say(`{"jsonrpc":"2.0","id":%s,"result":{}}`, m.ID)
		case "listen":
			say(`{"jsonrpc":"2.0","method":"notifications/subscriptions/acknowledged","params":{"_meta":{"%s":%s}}}`, metaSubscription, m.ID)
			held = append(held, m.ID)
		case "end": // of the subscription
			say(`{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":%s}}`, held[0])
			say(`{"jsonrpc":"2.0","id":%s,"result":{}}`, m.ID)
		case "notifications/cancelled":
			for _, id := range held {
				if same(id, m.RequestID) {
					say(`{"jsonrpc":"2.0","method":"notifications/message","params":{"data":"cancelled"}}`)
				}
			}
		case "babble":
			say("not a message")
			say(`{"jsonrpc":"2.0","id":%s,"result":{}}`, m.ID)
		case "crash":
			return 3
		case "initialize":
			say(`{"jsonrpc":"2.0","id":%s,"result":{"protocolVersion":"2025-11-25"}}`, m.ID)
		case "notifications/initialized":
		default:
			say(`{"jsonrpc":"2.0","id":%s,"error":{"code":-32601,"message":"no such method"}}`, m.ID)
		}
	}
	return 0
}
