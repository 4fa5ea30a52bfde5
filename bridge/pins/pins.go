// Package pins remembers what a server said of its tools and prompts when they were
// first seen, and tells what has changed since. A person approves changes.
package pins

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"time"

	"ucbridge/bridge/confusable"
	"ucbridge/bridge/jsonrpc"
	"ucbridge/bridge/policy"
	"ucbridge/bridge/strictjson"
)

// Dir is where pins are kept, "" where the system has no place for it.
func Dir() string {
	dir, err := os.UserConfigDir()
	if err != nil {
		return ""
	}
	return filepath.Join(dir, "ucbridge", "pins")
}

// Pins remember what tools and prompts of one place looked like: one file, 0600,
// replaced whole. They are safe for concurrent use; another process may change the
// file, and is noticed.
type Pins struct {
	dir   string
	place func(context.Context) (string, error)
	log   *slog.Logger

	mu       sync.Mutex
	file     string
	read     os.FileInfo // as it was when it was read, nil for none
	pinned   pinned
	reported map[string]bool
	// blocked is what was listed here and is not what is known, with its hash; "" where
	// it can be read in two ways, so that there is nothing to approve.
	blocked map[string]string
}

// Pin is one definition.
type Pin struct {
	Hash       string     `json:"hash"` // SHA-256, hexadecimal
	Seen       time.Time  `json:"seen"`
	Definition Definition `json:"definition"`
}

// New returns the pins, kept in dir, of the place that place names, which is
// not called before they are needed.
func New(dir string, place func(context.Context) (string, error), log *slog.Logger) *Pins {
	return &Pins{dir: dir, place: place, log: log, reported: make(map[string]bool), blocked: make(map[string]string)}
}

// placeTimeout bounds the wait for the name of the place, which a sign-in that
// hangs may hold up.
const placeTimeout = 2 * time.Second

// load reads the file where it was not read yet or has changed. The lock is held.
func (p *Pins) load() error {
	if p.dir == "" {
		return fmt.Errorf("reading pins: no configuration directory")
	}
	if p.file == "" {
		ctx, cancel := context.WithTimeout(context.Background(), placeTimeout)
		defer cancel()
		place, err := p.place(ctx)
		if err != nil {
			return fmt.Errorf("reading pins: %w", err)
		}
		sum := sha256.Sum256([]byte(place))
		p.file = filepath.Join(p.dir, hex.EncodeToString(sum[:8])+".json")
		p.pinned = pinned{Place: place}
	}
	info, err := os.Stat(p.file)
	if err != nil && !os.IsNotExist(err) {
		return fmt.Errorf("reading pins: %w", err)
	}
	if err != nil || p.read != nil && os.SameFile(info, p.read) && info.ModTime().Equal(p.read.ModTime()) {
		return nil
	}
	content, err := readPinned(p.file)
	if err != nil {
		return err
	}
	p.pinned, p.read = content, info
	return nil
}

func (p *Pins) save() error {
	if err := writePinned(p.file, p.pinned); err != nil {
		return err
	}
	info, err := os.Stat(p.file)
	p.read = info
	return err
}

// Check compares the entries of a list, which is the result's array, with what is
// known, as [Pins.compare] does. Of what is listed by other methods than tools/list and
// prompts/list nothing is known.
func (p *Pins) Check(method string, entries []byte) map[string]bool {
	if defining[method] == nil {
		return nil
	}
	seen := make(map[string]Definition)
	var doubtful []string
	for _, element := range jsonrpc.Elements(entries) {
		name, ok := strictjson.Text(jsonrpc.Value(element, "name"))
		if !ok {
			continue
		}
		key := Key(method, name)
		d, err := define(method, element)
		if _, twice := seen[key]; twice || err != nil { // no telling which one counts
			doubtful = append(doubtful, key)
			continue
		}
		seen[key] = d
	}
	return p.compare(seen, doubtful)
}

// compare compares the definitions of a list, by key, with those that are known,
// remembers the new ones, and returns the keys of those that have changed, the
// doubtful ones among them, which can be read in two ways. Where pins cannot be
// read, that is all of them, and where they cannot be written, the new ones: they
// would be new, and not compared with anything, time and again.
func (p *Pins) compare(seen map[string]Definition, doubtful []string) map[string]bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	changed := make(map[string]bool)
	for _, key := range doubtful {
		changed[key], p.blocked[key] = true, ""
		p.once("doubtful "+key, "a definition can be read in two ways", "what", key)
	}
	if err := p.load(); err != nil {
		p.once("load", "definitions cannot be compared with earlier ones", "err", err)
		for key := range seen {
			changed[key], p.blocked[key] = true, ""
		}
		return changed
	}
	dirty := false
	var fresh []string
	for key, d := range seen {
		if changed[key] {
			continue
		}
		delete(p.blocked, key)
		p.reveal(key, d)
		pin := Pin{Hash: d.hash(), Seen: time.Now().UTC().Truncate(time.Second), Definition: d}
		known, ok := p.pinned.Known[key]
		switch {
		case !ok:
			p.pinned.Known, dirty = put(p.pinned.Known, key, pin), true
			fresh = append(fresh, key)
		case known.Hash == pin.Hash:
			if _, waits := p.pinned.Changed[key]; waits { // it is again what it was
				delete(p.pinned.Changed, key)
				dirty = true
			}
		default:
			changed[key], p.blocked[key] = true, pin.Hash
			p.once(key+pin.Hash, "a definition has changed since it was first seen", "what", key, "see", "ucbridge policy diff")
			if p.pinned.Changed[key].Hash != pin.Hash {
				p.pinned.Changed, dirty = put(p.pinned.Changed, key, pin), true
			}
		}
	}
	if dirty {
		if err := p.save(); err != nil {
			p.once("save", "definitions cannot be remembered", "err", err)
			for _, key := range fresh {
				delete(p.pinned.Known, key)
				changed[key], p.blocked[key] = true, ""
			}
		}
	}
	return changed
}

func put(m map[string]Pin, key string, pin Pin) map[string]Pin {
	if m == nil {
		m = make(map[string]Pin)
	}
	m[key] = pin
	return m
}

// waits reports whether a definition waits for approval, or cannot have one.
func (p *Pins) Waits(key string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if err := p.load(); err != nil {
		return true
	}
	if hash, listed := p.blocked[key]; listed {
		return hash == "" || p.pinned.Known[key].Hash != hash
	}
	_, waits := p.pinned.Changed[key]
	return waits
}

// once warns once of the same.
func (p *Pins) once(key, words string, args ...any) {
	if !p.reported[key] {
		p.reported[key] = true
		p.log.Warn(words, args...)
	}
}

// reveal warns of text in a definition that a person would not see.
func (p *Pins) reveal(key string, d Definition) {
	for _, member := range d.names() {
		if found := confusable.HiddenIn(d[member]); len(found) > 0 {
			p.once("hidden "+key+member, "a definition holds characters that do not show", "what", key, "in", member, "characters", found)
		}
	}
}

// Approve makes the changed definition of a key the known one, and reports whether
// it still was the one with that hash.
func (p *Pins) Approve(key, hash string) (bool, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if err := p.load(); err != nil {
		return false, err
	}
	pin, ok := p.pinned.Changed[key]
	if !ok || pin.Hash != hash {
		return false, nil
	}
	delete(p.pinned.Changed, key)
	p.pinned.Known = put(p.pinned.Known, key, pin)
	return true, p.save()
}

// Waiting returns the known and the changed definition of everything that waits
// for approval, by key.
func (p *Pins) Waiting() (map[string][2]Pin, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if err := p.load(); err != nil {
		return nil, err
	}
	waiting := make(map[string][2]Pin)
	for key, pin := range p.pinned.Changed {
		waiting[key] = [2]Pin{p.pinned.Known[key], pin}
	}
	return waiting, nil
}

// Known returns what the approved definition of a tool says, and whether another one
// waits for approval (Changed).
func (p *Pins) Known(tool string) (policy.Tool, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if err := p.load(); err != nil {
		return policy.Tool{}, false
	}
	pin, ok := p.pinned.Known[Key("tools/list", tool)]
	if !ok {
		return policy.Tool{}, false
	}
	t, err := policy.ReadTool(pin.Definition.object())
	_, t.Changed = p.pinned.Changed[Key("tools/list", tool)]
	return t, err == nil
}
