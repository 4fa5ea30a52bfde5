package audit_test

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"ucbridge/bridge/audit"
	"ucbridge/bridge/policy"
)

func ExampleLog_Commit() {
	dir, err := os.MkdirTemp("", "audit")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	name := filepath.Join(dir, "audit.jsonl")
	log := audit.Open(policy.AuditRules{File: name}, slog.New(slog.DiscardHandler))
	defer log.Close()
	row := audit.Row{Time: time.Unix(0, 0).UTC(), Connection: "github", Method: "tools/call", Tool: "get_issue", Verdict: "allow", Status: "begun"}
	if err := log.Commit(context.Background(), audit.Entry{Row: row}); err != nil {
		fmt.Println(err)
	}
	err = audit.ReadRows(name, func(r audit.Row) { fmt.Println(r.Connection, r.Tool, r.Status) })
	if err != nil {
		fmt.Println(err)
	}
	// Output: github get_issue begun
}
