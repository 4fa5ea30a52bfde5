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
	"path/filepath"
	"strings"
	"sync"
	"time"

	"ucbridge/bridge/atomicfile"
	"ucbridge/bridge/jsonrpc"
	"ucbridge/bridge/mcp"
	"ucbridge/bridge/regularfile"
)

const (
	// maxCache bounds the file of a cache, in bytes.
	maxCache = 16 << 20
	// refreshed is the age from which an answer that is the same is written again.
	refreshed = 24 * time.Hour
)

// answerCache keeps the last good answers of one server to one kind of client: its
// initialize, and the pages of its lists. It is one file, 0600, replaced whole.
// A nil cache keeps nothing and recalls nothing.
type answerCache struct {
	file string
	log  *slog.Logger

	mu      sync.Mutex
	answers map[string]kept // by method and cursor
	unsaved bool
}

// kept is one answer.
type kept struct {
	At     time.Time       `json:"at"`
	Result json.RawMessage `json:"result"`
}

// openCache reads the cache of an owner for clients that say the same initialize.
// What cannot be read, or is no answer of its method, is as good as absent.
func openCache(dir, owner string, initialize jsonrpc.Message, log *slog.Logger) *answerCache {
	c := &answerCache{log: log, answers: make(map[string]kept), file: filepath.Join(dir, "answers-"+digest(
		owner, jsonrpc.Text(initialize.Params, "protocolVersion"), string(jsonrpc.Value(initialize.Params, "capabilities")))+".json")}
	raw, err := regularfile.Read(c.file, maxCache)
	if errors.Is(err, fs.ErrNotExist) {
		return c
	}
	var found map[string]kept
	if err == nil {
		err = json.Unmarshal(raw, &found)
	}
	if err != nil {
		log.Warn("reading the answers of an earlier session", "err", err)
	}
	for key, answer := range found {
		if method, _, _ := strings.Cut(key, " "); hasShape(method, answer.Result) {
			c.answers[key] = answer
		}
	}
	return c
}

// digest makes a file name of parts.
func digest(parts ...string) string {
	sum := sha256.New()
	for _, part := range parts {
		fmt.Fprintf(sum, "%d %s\n", len(part), part)
	}
	return hex.EncodeToString(sum.Sum(nil)[:16])
}

// hasShape reports whether result is what the method answers: an InitializeResult, or
// a list. Anything else would be repeated to a client that cannot read it.
func hasShape(method string, result []byte) bool {
	if method == mcp.Initialize {
		return jsonrpc.Text(result, "protocolVersion") != "" && isObject(jsonrpc.Value(result, "capabilities"))
	}
	list, ok := mcp.ListOf(method)
	entries := jsonrpc.Value(result, list.Member)
	if !ok || !bytes.HasPrefix(entries, []byte("[")) {
		return false
	}
	for _, entry := range jsonrpc.Elements(entries) {
		if !isObject(entry) {
			return false
		}
	}
	return true
}

func isObject(raw []byte) bool { return bytes.HasPrefix(raw, []byte("{")) }

func keyOf(request jsonrpc.Message) string {
	return request.Method + " " + jsonrpc.Text(request.Params, "cursor")
}

// recall returns the last result of a request like this one, nil if there is none that
// is younger than maxAge.
func (c *answerCache) recall(request jsonrpc.Message, maxAge time.Duration) []byte {
	if c == nil {
		return nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	answer, ok := c.answers[keyOf(request)]
	if !ok || time.Since(answer.At) > maxAge {
		return nil
	}
	return bytes.Clone(answer.Result)
}

// keep notes a result, to be saved where that is news.
func (c *answerCache) keep(request jsonrpc.Message, result []byte) {
	if c == nil || !hasShape(request.Method, result) {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	key := keyOf(request)
	last, known := c.answers[key]
	same := known && bytes.Equal(last.Result, result)
	if same && time.Since(last.At) < refreshed {
		return
	}
	switch first := jsonrpc.Text(request.Params, "cursor") == ""; {
	case first && !same: // a new list; cursors of the old one lead nowhere
		c.forget(request.Method)
	case !first && !known && !c.follows(request):
		return
	}
	c.answers[key] = kept{time.Now(), bytes.Clone(result)}
	c.unsaved = true
}

// save writes the file where it is not what was kept.
func (c *answerCache) save() {
	if c == nil {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.unsaved {
		return
	}
	c.unsaved = false
	if err := c.write(); err != nil {
		c.log.Warn("keeping answers for later", "err", err)
	}
}

// forget drops all pages of a list.
func (c *answerCache) forget(method string) {
	for key := range c.answers {
		if strings.HasPrefix(key, method+" ") {
			delete(c.answers, key)
		}
	}
}

// follows reports whether a page belongs to the chain of those that are kept, which
// has mcp.MaxPages at most.
func (c *answerCache) follows(request jsonrpc.Message) bool {
	pages, leads := 0, false
	for key, answer := range c.answers {
		if strings.HasPrefix(key, request.Method+" ") {
			pages++
			leads = leads || jsonrpc.Text(answer.Result, "nextCursor") == jsonrpc.Text(request.Params, "cursor")
		}
	}
	return leads && pages < mcp.MaxPages
}

func (c *answerCache) write() error {
	var raw bytes.Buffer
	encoder := json.NewEncoder(&raw)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(c.answers); err != nil {
		return fmt.Errorf("encoding answers: %w", err)
	}
	if raw.Len() > maxCache {
		clear(c.answers) // what cannot be kept on disk is not kept in memory either
		return fmt.Errorf("writing %s: more than %d bytes", c.file, maxCache)
	}
	return atomicfile.Write(c.file, raw.Bytes())
}
