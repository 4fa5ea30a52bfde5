package session

import (
	"context"
	"fmt"
	"log/slog"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"ucbridge/bridge/jsonrpc"
	"ucbridge/bridge/standby"
)

// saver is a standby that counts.
type saver struct {
	Standby
	learned, saved atomic.Int64
}

func (s *saver) Learn(context.Context, jsonrpc.Message, []byte) { s.learned.Add(1) }
func (s *saver) Save()                                          { s.saved.Add(1) }

// TestSaving: what a session learns in a row is saved once, and at its end in any case.
func TestSaving(t *testing.T) {
	t.Parallel()
	kept := &saver{Standby: standby.New(standby.Options{Log: slog.New(slog.DiscardHandler)})}
	check := func(when string, learned, saved int64) {
		t.Helper()
		if l, s := kept.learned.Load(), kept.saved.Load(); l != learned || s != saved {
			t.Errorf("%s: learned %d times, saved %d times; want %d and %d", when, l, s, learned, saved)
		}
	}
	u := &scripted{answer: func(_ context.Context, m jsonrpc.Message, say func(string) bool) {
		say(`{"jsonrpc":"2.0","id":` + string(m.ID) + `,"result":{"tools":[],"nextCursor":"x"}}`)
	}}
	inBubble(t, Options{Standby: kept}, u, func(t *testing.T, c *client) {
		list := func(id int) {
			c.send(fmt.Sprintf(`{"jsonrpc":"2.0","id":%d,"method":"tools/list","params":{"cursor":"%d"}}`, id, id))
			c.next()
			synctest.Wait()
		}
		for id := range 5 {
			list(id + 10)
		}
		check("at once", 6, 0)
		time.Sleep(saveDelay)
		synctest.Wait()
		check("after a while", 6, 1)
		time.Sleep(time.Hour)
		check("when nothing more is learned", 6, 1)
		list(20)
		check("one more", 7, 1)
	})
	check("at the end", 7, 2)
}
