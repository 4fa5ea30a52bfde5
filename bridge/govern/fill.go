package govern

import (
	"context"
	"errors"
	"fmt"
	"time"

	"ucbridge/bridge/jsonrpc"
	"ucbridge/bridge/mcp"
	"ucbridge/bridge/refusal"
	"ucbridge/bridge/strictjson"
)

// fillTimeout bounds how long the client waits for another page in place of one that the rules
// have left empty.
const fillTimeout = 10 * time.Second

// pager asks for the pages of a list, on account of a request of the client.
type pager struct {
	f       *Filter
	method  string
	request jsonrpc.Message
}

// fetch returns the server's answer to the request for a page; a nil cursor asks for the
// first one.
func (l pager) fetch(ctx context.Context, cursor []byte) (jsonrpc.Message, error) {
	began := time.Now()
	answer, err := l.f.server.Ask(ctx, l.method, listParams(protocolMeta(l.request), cursor))
	l.f.g.recordOwn(l.f.user, l.method, began, answer, err)
	switch {
	case err != nil:
	case answer.Result == nil:
		err = fmt.Errorf("the server refuses: %s", refusal.Quote(jsonrpc.Text(answer.Error, "message")))
	default:
		err = strictjson.Envelope(answer)
	}
	return answer, err
}

// fill returns the next page of which the rules leave something, in place of one that they
// have emptied: page, of which the client would see seen. Where no other comes, it gets the
// last one that did.
func (l pager) fill(ctx context.Context, p *part, page jsonrpc.Message, seen []byte) []byte {
	ctx, cancel := context.WithTimeout(ctx, fillTimeout)
	defer cancel()
	list, _ := mcp.ListOf(l.method)
	for _, err := range mcp.Pages(func(cursor []byte) ([]byte, error) {
		if cursor == nil {
			return page.Result, nil
		}
		if ctx.Err() != nil { // an Asker whose question serves others too goes on
			return nil, ctx.Err()
		}
		answer, err := l.fetch(ctx, cursor)
		if err != nil {
			return nil, err
		}
		next := &part{request: jsonrpc.MustParse(jsonrpc.Set(l.request.Raw, listParams(protocolMeta(l.request), cursor), "params")), began: p.began}
		seen = l.f.finish(next, jsonrpc.MustParse(answer.WithID(l.request.ID)))
		p.secrets = append(p.secrets, next.secrets...)
		return answer.Result, nil
	}) {
		if err != nil && !errors.Is(ctx.Err(), context.Canceled) { // else nobody waits for it
			l.f.g.log.Warn("the next page of a list that the policy has emptied is missing", "method", l.method, "err", err)
		}
		if err != nil || nextPage(seen) == nil || entries(seen, list) > 0 {
			break
		}
	}
	return seen
}

// emptied reports whether the rules have left nothing of a page of a list, seen being what
// the client would see of it, while other pages follow. There are clients that take a page
// without entries for the end of the list.
func emptied(method string, page jsonrpc.Message, seen []byte) bool {
	list, isList := mcp.ListOf(method)
	return isList && page.Result != nil && nextPage(seen) != nil &&
		entries(seen, list) == 0 && entries(page.Raw, list) > 0
}

// listParams are the parameters of a list method; meta and cursor are nil where there are
// none.
func listParams(meta, cursor []byte) []byte {
	params := []byte(`{}`)
	if meta != nil {
		params = jsonrpc.Set(params, meta, "_meta")
	}
	if cursor != nil {
		params = jsonrpc.Set(params, cursor, "cursor")
	}
	return params
}

func nextPage(raw []byte) []byte {
	cursor := jsonrpc.Value(raw, "result", "nextCursor")
	if string(cursor) == "null" {
		return nil
	}
	return cursor
}

func entries(raw []byte, list mcp.List) int {
	return len(jsonrpc.Elements(jsonrpc.Value(raw, "result", list.Member)))
}
