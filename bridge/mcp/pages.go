package mcp

import (
	"errors"
	"iter"

	"ucbridge/bridge/jsonrpc"
)

// MaxPages bounds a listing of the bridge's own: a server could go on with new
// cursors for ever.
const MaxPages = 100

var (
	// ErrRepeatedCursor says that a server gave a cursor for the second time: what
	// came before is all that will come.
	ErrRepeatedCursor = errors.New("the server repeats a page of its list")
	// ErrManyPages says that a list goes on after MaxPages.
	ErrManyPages = errors.New("the server's list does not end")
)

// Pages yields the results of a list method, page by page (2025-11-25, Pagination).
// fetch gets the cursor as raw JSON, nil for the first page, and returns the result.
// Its error ends the sequence, as do ErrRepeatedCursor and ErrManyPages.
func Pages(fetch func(cursor []byte) (result []byte, err error)) iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		var cursor []byte
		seen := make(map[string]bool)
		for range MaxPages {
			result, err := fetch(cursor)
			if err != nil {
				yield(nil, err)
				return
			}
			if !yield(result, nil) {
				return
			}
			cursor = jsonrpc.Value(result, "nextCursor")
			switch {
			case cursor == nil || string(cursor) == "null":
				return
			case seen[string(cursor)]:
				yield(nil, ErrRepeatedCursor)
				return
			}
			seen[string(cursor)] = true
		}
		yield(nil, ErrManyPages)
	}
}
