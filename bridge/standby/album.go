package standby

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"ucbridge/bridge/atomicfile"
	"ucbridge/bridge/jsonrpc"
)

// maxAlbum bounds the file of an album, in bytes.
const maxAlbum = 16 << 20

// album keeps the last good answers of one server to one kind of client: its
// initialize, and the pages of its lists. It is one file, 0600, replaced whole.
// A nil album keeps nothing and recalls nothing.
type album struct {
	file string
	log  *slog.Logger

	mu    sync.Mutex
	pages map[string]json.RawMessage // by method and cursor
}

// openAlbum reads the album of an owner for clients that say the same initialize.
// One that cannot be read is as good as empty.
func openAlbum(dir, owner string, initialize jsonrpc.Message, log *slog.Logger) *album {
	sum := sha256.New()
	for _, part := range []string{
		owner,
		jsonrpc.Text(initialize.Params, "protocolVersion"),
		string(jsonrpc.Value(initialize.Params, "capabilities")),
	} {
		fmt.Fprintf(sum, "%d %s\n", len(part), part)
	}
	a := &album{
		file:  filepath.Join(dir, "answers-"+hex.EncodeToString(sum.Sum(nil)[:16])+".json"),
		log:   log,
		pages: make(map[string]json.RawMessage),
	}
	raw, err := os.ReadFile(a.file)
	if errors.Is(err, fs.ErrNotExist) {
		return a
	}
	if err == nil {
		err = json.Unmarshal(raw, &a.pages)
	}
	if err != nil {
		log.Warn("reading the answers of an earlier session", "err", err)
		a.pages = make(map[string]json.RawMessage)
	}
	return a
}

func page(request jsonrpc.Message) string {
	return request.Method + " " + jsonrpc.Text(request.Params, "cursor")
}

// recall returns the last result of a request like this one, nil if there is none.
func (a *album) recall(request jsonrpc.Message) []byte {
	if a == nil {
		return nil
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	return bytes.Clone(a.pages[page(request)])
}

// keep notes a result, and writes the file where that is news.
func (a *album) keep(request jsonrpc.Message, result []byte) {
	if a == nil {
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if bytes.Equal(a.pages[page(request)], result) {
		return
	}
	if jsonrpc.Text(request.Params, "cursor") == "" { // a new list; cursors of the old one lead nowhere
		for key := range a.pages {
			if strings.HasPrefix(key, request.Method+" ") {
				delete(a.pages, key)
			}
		}
	}
	a.pages[page(request)] = bytes.Clone(result)
	if err := a.write(); err != nil {
		a.log.Warn("keeping an answer for later", "err", err)
	}
}

func (a *album) write() error {
	var raw bytes.Buffer
	encoder := json.NewEncoder(&raw)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(a.pages); err != nil {
		return fmt.Errorf("encoding answers: %w", err)
	}
	if raw.Len() > maxAlbum {
		return fmt.Errorf("writing %s: more than %d bytes", a.file, maxAlbum)
	}
	return atomicfile.Write(a.file, raw.Bytes())
}
